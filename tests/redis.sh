# A Redis server in a temporary folder, reached by a socket there: no port, so none can be taken.
# Prints the folder, then holds the server until the end of its input, that is, until whoever
# started it ends. With a folder as argument it starts there again and leaves the folder alone.
# Run by the tests (tests/src/redis.rs) and by `cargo verify` (xtask/src/servers.rs).
set -eu
dir=${1:-}
if [ -z "$dir" ]; then
  dir=$(mktemp -d /tmp/hubs-redis.XXXXXX)
  folder_to_remove=$dir
fi
trap 'kill -KILL "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; [ -z "${folder_to_remove:-}" ] || rm -rf "$dir"' EXIT
trap '' INT TERM HUP
redis-server --port 0 --unixsocket "$dir/redis.sock" --save "" --appendonly no --dir "$dir" \
  --logfile "$dir/log" </dev/null >/dev/null &
server=$!
until [ "$(redis-cli -s "$dir/redis.sock" ping 2>/dev/null)" = PONG ]; do
  kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
  sleep 0.02
done
echo "$dir"
read -r _ || true
