//! `rolecall`: answers an operator's questions about a configuration, a token, a policy or a running gateway.
//!
//! Exit codes: 0 fine, 1 findings, 2 could not run.

mod arguments;
mod commands;
mod configuration;
mod console;
mod endpoint;
mod failure;
mod iam;
mod input;
mod moment;
mod report;
mod token;

use std::process::ExitCode;

use clap::Parser;

use crate::{arguments::Arguments, console::Console};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let console = Console::new(arguments.json);
    match commands::run(arguments.command) {
        Ok(report) => console.show(report.as_ref()),
        Err(failure) => console.fail(&failure),
    }
}
