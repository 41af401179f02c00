//! Events that partners book and attend.

use crate::words::words;

words! {
    /// The kinds of training module.
    TrainingModule {
        /// First steps in the programme.
        Induction,
        /// What every partner takes.
        Essential,
        /// Taken by choice.
        Optional,
        /// For a kind of provision or need, such as alternative provision or SEND.
        Specialist,
    }
    /// Where a booking stands.
    BookingState {
        /// There is a place.
        Booked,
        /// On the waiting list.
        Waiting,
        /// Given up.
        Cancelled,
    }
    /// What is known of a partner at an event.
    AttendanceMode {
        /// Somebody was there.
        Attended,
        /// Nobody was, though expected.
        Absent,
        /// The recording was watched afterwards.
        WatchedRecording,
    }
}
