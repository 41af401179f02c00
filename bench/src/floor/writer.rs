//! JSON written by hand, as fast as it goes.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, Utc};
use runtime::digits;
use uuid::Uuid;

/// JSON in the making.
pub struct Json {
    /// So far.
    pub out: Vec<u8>,
    pub(super) now: DateTime<Utc>,
}

impl Json {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self { out: Vec::with_capacity(4_096), now }
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.raw(key);
        // Writing into memory cannot fail.
        let _ = serde_json::to_writer(&mut self.out, text);
    }

    pub(super) fn word(&mut self, key: &str, stored: &str) {
        self.raw(key);
        self.out.push(b'"');
        let from = self.out.len();
        self.raw(stored);
        self.out[from..].make_ascii_uppercase();
        self.out.push(b'"');
    }

    pub(super) fn id(&mut self, key: &str, of: &str, id: Uuid) {
        let mut bytes = [0; 64];
        let end = of.len() + 17;
        bytes[..of.len()].copy_from_slice(of.as_bytes());
        bytes[of.len()] = b':';
        bytes[of.len() + 1..end].copy_from_slice(id.as_bytes());
        self.raw(key);
        self.out.push(b'"');
        let mut encoded = [0; 96];
        let length = URL_SAFE_NO_PAD.encode_slice(&bytes[..end], &mut encoded).unwrap_or_default();
        self.out.extend_from_slice(&encoded[..length]);
        self.out.push(b'"');
    }

    pub(super) fn moment(&mut self, key: &str, moment: DateTime<Utc>) {
        self.raw(key);
        self.out.push(b'"');
        digits::moment(&mut self.out, moment);
        self.out.push(b'"');
    }

    pub(super) fn day(&mut self, key: &str, day: NaiveDate) {
        self.raw(key);
        self.out.push(b'"');
        digits::day(&mut self.out, day);
        self.out.push(b'"');
    }

    pub(super) fn int(&mut self, key: &str, number: i32) {
        self.raw(key);
        // Writing into memory cannot fail.
        let _ = write!(self.out, "{number}");
    }

    pub(super) fn list<R>(&mut self, rows: &[R], mut write: impl FnMut(&mut Self, &R)) {
        self.out.push(b'[');
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                self.out.push(b',');
            }
            write(self, row);
        }
        self.out.push(b']');
    }
}
