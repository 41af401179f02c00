//! GraphiQL for the demonstration: built once from `web/graphiql`, with npm, where that is there.
#![expect(clippy::print_stdout, reason = "this tells whoever waits what is going on")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::cargo::root;

/// How to have it built by hand.
const BY_HAND: &str = "npm ci && npm run build in web/graphiql";

/// Whether GraphiQL is there, after building it if it has to be and can be. A demonstration runs
/// without it as well.
pub fn ready() -> bool {
    let folder = root().join("web/graphiql");
    if is_built(&folder) {
        return true;
    }
    if !runs(Command::new("npm").arg("--version").stdout(Stdio::null())) {
        println!("GraphiQL is left out: there is no npm. With it: {BY_HAND}.");
        return false;
    }
    println!("Building GraphiQL, once; it takes a minute or two.");
    let npm = |arguments: &[&str]| {
        let mut npm = Command::new("npm");
        // Before the others: after `--` it would be an option of what npm runs.
        runs(npm.arg("--loglevel=error").args(arguments).current_dir(&folder))
    };
    let built = npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        && npm(&["run", "--silent", "build", "--", "--logLevel=error"]);
    if !built {
        println!("GraphiQL is left out: it could not be built, see above. By hand: {BY_HAND}.");
    }
    built
}

fn runs(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Whether what was built is later than all that it is built from.
fn is_built(folder: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let Some(built) = changed(&folder.join("dist/index.html")) else { return false };
    let sources = sources(folder);
    let latest: Option<SystemTime> = sources.iter().filter_map(|path| changed(path)).max();
    latest.is_none_or(|latest| latest <= built)
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let own = ["index.html", "package-lock.json", "vite.config.js"].map(|name| folder.join(name));
    let entries = std::fs::read_dir(folder.join("src")).into_iter().flatten().flatten();
    own.into_iter().chain(entries.map(|entry| entry.path())).collect()
}
