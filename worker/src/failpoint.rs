//! Places at which a test lets this program die, as by `kill -9`. Release builds have none.
//!
//! `HUBS_FAILPOINT=name:3` dies the third time that it passes that place; `HUBS_FAILPOINT=wire:1234`
//! once it has written so many bytes to mail servers, in the middle of whatever it writes then.

#[cfg(debug_assertions)]
mod wanted {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Where to die, and after how much of it.
    static WANTED: OnceLock<Option<(String, usize)>> = OnceLock::new();
    static PASSED: AtomicUsize = AtomicUsize::new(0);

    /// After how much of this name to die; none if this is not the place.
    fn limit(name: &str) -> Option<usize> {
        let wanted = WANTED.get_or_init(|| {
            let text = std::env::var("HUBS_FAILPOINT").ok()?;
            let (name, times) = text.split_once(':')?;
            Some((name.to_owned(), times.parse().ok()?))
        });
        wanted.as_ref().filter(|(wanted, _)| wanted == name).map(|(_, times)| *times)
    }

    /// How much of this name is left before the end; none if this is not the place.
    pub(super) fn left(name: &str) -> Option<usize> {
        limit(name)?.checked_sub(PASSED.load(Ordering::SeqCst))
    }

    /// So much more of it is done.
    pub(super) fn passed(name: &str, count: usize) {
        if let Some(limit) = limit(name) {
            let before = PASSED.fetch_add(count, Ordering::SeqCst);
            if (before..before + count).contains(&limit.saturating_sub(1)) {
                die();
            }
        }
    }

    /// At once, and without any farewell to the database or the mail server.
    fn die() -> ! {
        use rustix::process::{Signal, getpid, kill_process};
        loop {
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}

/// Dies here, if the environment says so.
#[cfg(debug_assertions)]
pub(crate) fn pass(name: &str) {
    wanted::passed(name, 1);
}

/// As much of these bytes as may be written before the end.
#[cfg(debug_assertions)]
pub(crate) fn before_the_end(bytes: &[u8]) -> &[u8] {
    let left = wanted::left("wire").filter(|left| *left > 0);
    left.and_then(|left| bytes.get(..left)).unwrap_or(bytes)
}

/// So many bytes are written. Dies here, if the environment says so.
#[cfg(debug_assertions)]
pub(crate) fn wrote(count: usize) {
    wanted::passed("wire", count);
}

/// Nothing.
#[cfg(not(debug_assertions))]
#[inline]
pub(crate) fn pass(_name: &str) {}

/// All of them.
#[cfg(not(debug_assertions))]
#[inline]
pub(crate) fn before_the_end(bytes: &[u8]) -> &[u8] {
    bytes
}

/// Nothing.
#[cfg(not(debug_assertions))]
#[inline]
pub(crate) fn wrote(_count: usize) {}
