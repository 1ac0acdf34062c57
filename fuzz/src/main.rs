//! Fuzzes the decision on a call: bodies and policies in, the gateway's answer against a slow reference's.
//!
//! Coverage of rolecall-core steers it (`fuzz/run` compiles it so). It stops at the first disagreement or panic.

mod check;
mod engine;
#[path = "../../shared/tests/strict_reading/reference.rs"]
mod reference;
#[path = "../../shared/tests/strict_reading/same.rs"]
mod same;
mod slow;

use std::{env::args, process::ExitCode, thread, time::Duration};

/// Policies of a kilobyte can nest deeper than a small stack is.
const STACK_BYTES: usize = 512 * 1024 * 1024;

fn main() -> ExitCode {
    let fuzzing = thread::Builder::new().stack_size(STACK_BYTES).spawn(run);
    match fuzzing.map(thread::JoinHandle::join) {
        Ok(Ok(Ok(said))) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Ok(Ok(Err(said))) => {
            eprintln!("{said}");
            ExitCode::FAILURE
        }
        _ => ExitCode::FAILURE,
    }
}

fn run() -> Result<String, String> {
    match &args().skip(1).collect::<Vec<_>>()[..] {
        [replay, file] if replay == "--replay" => {
            let input = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
            check::check(&input).map(|()| format!("{file}: gateway and reference agree"))
        }
        [seconds] => {
            let seconds = seconds.parse().map_err(|_| format!("\"{seconds}\" is no number of seconds"))?;
            engine::fuzz(Duration::from_secs(seconds))
        }
        _ => Err("usage: fuzz/run SECONDS, or fuzz/run --replay FILE".to_owned()),
    }
}
