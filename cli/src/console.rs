//! Where answers go: standard output, as text or as JSON, and an exit code.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    report::{Report, Verdict},
};

/// Of what is good.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Of what must be mended.
pub const BAD: Style = AnsiColor::Red.on_default();
/// Of what should be looked at.
pub const ODD: Style = AnsiColor::Yellow.on_default();
/// Of what a reader looks for first.
pub const STRONG: Style = Style::new().bold();

const COULD_NOT_RUN: u8 = 2;

/// Standard output and standard error.
pub struct Console {
    json: bool,
}

impl Console {
    /// `json`: one document instead of text.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints a report.
    pub fn show(&self, report: &dyn Report) -> ExitCode {
        let written =
            if self.json { print_json(&report.json()) } else { report.text(&mut anstream::stdout().lock()) };
        match (written, report.verdict()) {
            // A reader that has seen enough, like `head`, is no failure.
            (Err(error), _) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(COULD_NOT_RUN),
            (_, Verdict::Fine) => ExitCode::SUCCESS,
            (_, Verdict::Findings) => ExitCode::FAILURE,
        }
    }

    /// Says why a command could not run.
    pub fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json {
            // Nobody is left to tell where this cannot be written.
            let _ = print_json(&json!({ "failure": failure.to_string() }));
        } else {
            anstream::eprintln!("{BAD}rolecall{BAD:#}: {failure}");
        }
        ExitCode::from(COULD_NOT_RUN)
    }
}

/// Text of a file or a token that cannot move a terminal's cursor or turn its direction.
pub fn plain(text: &str) -> String {
    let escaped = |c: char| match c {
        '\'' | '"' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    text.chars().map(escaped).collect()
}

fn print_json(value: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")
}
