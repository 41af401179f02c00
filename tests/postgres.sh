# A PostgreSQL server in a temporary folder, reached by a socket there. Prints the folder, then
# holds the server until the end of its input, that is, until whoever started it ends.
# Run by the tests (tests/src/postgres.rs) and by `cargo verify` (xtask/src/servers.rs).
set -eu
# PostgreSQL refuses to run as root.
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)"
dir=$(as mktemp -d /tmp/hubs-postgres.XXXXXX)
cd "$dir"
trap 'as pg_ctl -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true; cd /; rm -rf "$dir"' EXIT
trap '' INT TERM HUP
as initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N >/dev/null
as pg_ctl -D "$dir/data" -l "$dir/log" -w -o \
  "-k $dir -c listen_addresses= -c fsync=off -c max_connections=200" start >/dev/null </dev/null ||
  { cat "$dir/log" >&2; exit 1; }
echo "$dir"
read -r _ || true
