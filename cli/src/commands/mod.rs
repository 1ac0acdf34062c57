//! One module a command.

pub mod check;
pub mod completions;
pub mod iam;

use crate::{arguments::Command, failure::Failure, report::Report};

/// Runs a command.
///
/// # Errors
/// [`Failure`] where it could not run.
pub fn run(command: Command) -> Result<Box<dyn Report>, Failure> {
    match command {
        Command::Check(check) => Ok(Box::new(check.run()?)),
        Command::Iam(iam) => iam.run(),
        Command::Completions(completions) => Ok(Box::new(completions.run())),
    }
}
