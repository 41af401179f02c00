//! The script `run` that `cargo up` writes beside its database: it runs a program of ours on that
//! demonstration, as in `data/demo/run worker jobs`. Without the demonstration's clock most commands
//! would answer for another day.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Name of the script.
pub const NAME: &str = "run";

/// The script. `programs` is the folder of our programs; `clock` holds for how many seconds the
/// demonstration's clock has run, whether or not it is running now; `settings` are variables and what
/// they are set to.
pub fn script(programs: &Path, clock: &Path, settings: &[(&str, String)]) -> String {
    let mut script = "#!/bin/sh\n\
        # Runs a program on this demonstration, with its database, its mails and its clock, as in\n\
        #     run worker jobs\n\
        # `cargo up` writes it anew at each start.\n\
        if [ $# -eq 0 ]; then echo \"say what to run, as in: $0 worker jobs\" >&2; exit 2; fi\n\
        unset REDIS_URL SMTP_URL $(env | sed -n 's/^\\(HUBS__[A-Za-z0-9_]*\\)=.*/\\1/p')\n"
        .to_owned();
    for (name, value) in settings {
        let _ = writeln!(script, "export {name}={}", single(value));
    }
    let _ = write!(
        script,
        "export HUBS__CLOCK__ANCHOR_UNIX_MS=$((($(date +%s) - $(cat {})) * 1000))\n\
         program=$1\n\
         shift\n\
         exec {}/\"$program\" \"$@\"\n",
        quoted(clock),
        quoted(programs),
    );
    script
}

/// Writes the script to where it can be run.
///
/// # Errors
/// The file cannot be written.
pub fn write(file: &Path, script: &str) -> Result<(), String> {
    std::fs::write(file, script)
        .and_then(|()| std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)))
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

/// A path as a shell takes it.
pub fn quoted(path: &Path) -> String {
    single(&path.display().to_string())
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_apart_stays_whole() {
        assert_eq!(quoted(Path::new("/a b/it's")), "'/a b/it'\\''s'");
    }
}
