//! `rolecall iam`: the roles of the role map in IAM.

mod check;
mod map_arguments;
mod render;

use clap::{Args, Subcommand};

use crate::{failure::Failure, report::Report};

/// Write the IAM roles that a role map needs, or check those that exist
#[derive(Args)]
pub struct Iam {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Render(render::Render),
    Check(check::Check),
}

impl Iam {
    /// # Errors
    /// [`Failure`] where it could not run.
    pub fn run(&self) -> Result<Box<dyn Report>, Failure> {
        match &self.command {
            Command::Render(render) => Ok(Box::new(render.run()?)),
            Command::Check(check) => Ok(Box::new(check.run()?)),
        }
    }
}
