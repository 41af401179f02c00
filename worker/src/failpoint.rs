//! Places at which a test lets this program die, as by `kill -9`. Release builds have none.
//!
//! `HUBS_FAILPOINT=name:3` dies the third time that it passes that place; `HUBS_FAILPOINT=wire:1234`
//! once it has written so many bytes to mail servers, in the middle of whatever it writes then. With
//! `HUBS_FAILPOINT=name:3:panic` it panics there instead.

#[cfg(debug_assertions)]
mod wanted {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Where to end, after how much of it, and whether by a panic.
    struct Wanted {
        name: String,
        times: usize,
        panics: bool,
    }

    static WANTED: OnceLock<Option<Wanted>> = OnceLock::new();
    static PASSED: AtomicUsize = AtomicUsize::new(0);

    /// What is to happen at the place of this name; none if nothing is.
    fn wanted(name: &str) -> Option<&'static Wanted> {
        let wanted = WANTED.get_or_init(|| {
            let text = std::env::var("HUBS_FAILPOINT").ok()?;
            let mut parts = text.split(':');
            let (name, times) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
            Some(Wanted { name, times, panics: parts.next() == Some("panic") })
        });
        wanted.as_ref().filter(|wanted| wanted.name == name)
    }

    /// How much of this name is left before the end; none if this is not the place.
    pub(super) fn left(name: &str) -> Option<usize> {
        wanted(name)?.times.checked_sub(PASSED.load(Ordering::SeqCst))
    }

    /// So much more of it is done.
    pub(super) fn passed(name: &str, count: usize) {
        let Some(wanted) = wanted(name) else { return };
        let before = PASSED.fetch_add(count, Ordering::SeqCst);
        if !(before..before + count).contains(&wanted.times.saturating_sub(1)) {
            return;
        }
        if wanted.panics {
            panic();
        }
        die();
    }

    #[expect(clippy::panic, reason = "a test asks for it")]
    fn panic() -> ! {
        panic!("a test asks for it at this place");
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
