//! `rolecall policy`: tools for people who write policies.

mod fmt;
mod judged;
mod test;
mod tested;

use clap::{Args, Subcommand};

use crate::{failure::Failure, report::Report};

/// Test and format policies
#[derive(Args)]
pub struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Test(test::Test),
    Fmt(fmt::Fmt),
}

impl Policy {
    /// # Errors
    /// [`Failure`] where it could not run.
    pub fn run(&self) -> Result<Box<dyn Report>, Failure> {
        match &self.command {
            Command::Test(test) => Ok(Box::new(test.run()?)),
            Command::Fmt(fmt) => Ok(Box::new(fmt.run()?)),
        }
    }
}
