//! One module a command.

pub mod check;
pub mod client_config;
pub mod completions;
pub mod doctor;
pub mod explain;
pub mod iam;
pub mod import;
pub mod policy;
pub mod token;

use crate::{arguments::Command, failure::Failure, report::Report};

/// Runs a command.
///
/// # Errors
/// [`Failure`] where it could not run.
pub fn run(command: Command) -> Result<Box<dyn Report>, Failure> {
    match command {
        Command::Check(check) => Ok(Box::new(check.run()?)),
        Command::ClientConfig(client) => Ok(Box::new(client.run()?)),
        Command::Completions(completions) => Ok(Box::new(completions.run())),
        Command::Doctor(doctor) => Ok(Box::new(doctor.run()?)),
        Command::Explain(explain) => Ok(Box::new(explain.run()?)),
        Command::Iam(iam) => iam.run(),
        Command::Import(import) => Ok(Box::new(import.run()?)),
        Command::Policy(policy) => policy.run(),
        Command::Token(token) => token.run(),
    }
}
