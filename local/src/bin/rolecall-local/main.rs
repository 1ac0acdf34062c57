//! `cargo demo`: Rolecall's whole path on one machine, with nothing to install and nothing to configure.
//! Exits 0 only if every expectation about what it showed held.

mod arguments;
mod demo;
mod exchange;
mod facts;
mod paint;
mod serve;

use std::process::ExitCode;

use arguments::{Command, HELP};

#[tokio::main]
async fn main() -> ExitCode {
    let command = match arguments::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(mistake) => {
            eprintln!("{mistake}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let outcome = match command {
        Command::Help => {
            println!("{HELP}");
            Ok(true)
        }
        Command::Demo => demo::run().await,
        Command::Serve { port } => serve::gateway(port).await.map(|()| true),
        Command::Backends => serve::backends().await.map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
