//! How a program ends.

use std::io::Write as _;
use std::process::ExitCode;

/// Turns what a program came to into its exit code; a failure is said as one sentence on standard
/// error, each cause after its consequence, without a stack trace.
#[must_use]
pub fn with(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With standard error gone there is nobody left to tell; the exit code still says it.
            let _ = writeln!(std::io::stderr(), "Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
