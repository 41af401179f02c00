//! Whether what is kept of a school is still the same, as one number.

use chrono::{Datelike as _, NaiveDate};

use super::establishment::Establishment;

impl Establishment {
    /// A number that is the same as long as what is kept of the school is. Names of its local
    /// authority and trust count only where there is no code, because they live in rows of their
    /// own.
    #[must_use]
    pub fn fingerprint(&self) -> i64 {
        let mut print = Fingerprint::new();
        let authority = self.local_authority.as_ref();
        let authority_code = authority.and_then(|it| it.code);
        let authority_name = authority.filter(|it| it.code.is_none());
        let trust = self.trust.as_ref();
        let numbers = [
            Some(self.urn),
            authority_code,
            self.establishment_number,
            Some(self.type_code),
            Some(self.status as i32),
            self.opened_on.map(days),
            self.closed_on.map(days),
            Some(self.phase as i32),
            self.low_age,
            self.high_age,
            self.pupils,
            self.trust_flag,
            self.ukprn,
            self.easting,
            self.northing,
        ];
        for number in numbers {
            print.part(number.map(i32::to_le_bytes).as_ref().map(<[u8; 4]>::as_slice));
        }
        print.part(self.percent_fsm.map(f64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
        let texts = [
            Some(self.name.as_str()),
            authority_name.and_then(|it| it.name.as_deref()),
            Some(self.type_name.as_str()),
            trust.and_then(|it| it.code.as_deref().or(it.name.as_deref())),
            self.street.as_deref(),
            self.locality.as_deref(),
            self.address3.as_deref(),
            self.town.as_deref(),
            self.county.as_deref(),
            self.postcode.as_deref(),
            self.website.as_deref(),
            self.region,
            self.ofsted_rating.as_deref(),
        ];
        for text in texts {
            print.part(text.map(str::as_bytes));
        }
        print.0.cast_signed()
    }
}

fn days(date: NaiveDate) -> i32 {
    date.num_days_from_ce()
}

/// FNV-1a, 64 bits: small, and the same for ever, which the standard library's hashers are not.
struct Fingerprint(u64);

impl Fingerprint {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a part, marked so that neighbours cannot run into each other.
    fn part(&mut self, part: Option<&[u8]>) {
        let (mark, bytes) = part.map_or((0xfe, &[][..]), |bytes| (0xff, bytes));
        for byte in bytes.iter().chain([&mark]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
