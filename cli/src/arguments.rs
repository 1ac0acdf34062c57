//! The command line as a user types it.

use clap::{Parser, Subcommand};

use crate::commands::{check, client_config, completions, doctor, explain, iam, import, policy, token};

/// Answers an operator's questions about Rolecall, with the code that the gateway itself runs.
///
/// Everything works offline unless its help says otherwise.
#[derive(Parser)]
#[command(name = "rolecall", version, after_help = AFTER_HELP)]
pub struct Arguments {
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  fine
  1  findings, or the answer is no
  2  could not run";

/// What can be asked.
#[derive(Subcommand)]
pub enum Command {
    Check(check::Check),
    ClientConfig(client_config::ClientConfig),
    Completions(completions::Completions),
    Doctor(doctor::Doctor),
    Explain(explain::Explain),
    Iam(Box<iam::Iam>),
    Import(import::Import),
    Policy(policy::Policy),
    Token(token::Token),
}
