//! `rolecall policy fmt`: Cedar's own formatter.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use cedar_policy_formatter::{Config, policies_str_to_pretty};
use clap::Args;
use rolecall_core::authorize::{Authorization, DenyStatus, PolicyFile};
use serde_json::{Value, json};

use crate::{
    console::{BAD, GOOD, ODD},
    failure::Failure,
    input,
    report::{Report, Verdict},
};

/// As wide as the policies that ship.
const LINE_WIDTH: usize = 100;
const INDENT: isize = 2;

/// Format policies as Cedar's own formatter does; comments stay
///
/// Files are rewritten in place, standard input goes to standard output.
#[derive(Args)]
#[command(after_help = "\
Examples:
  rolecall policy fmt policies/*.cedar
  rolecall policy fmt --check policies/*.cedar     for a build
  rolecall policy fmt - < team.cedar")]
pub struct Fmt {
    /// Change nothing; exit code 1 where something would change
    #[arg(long)]
    check: bool,
    /// Policy files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Fmt {
    /// # Errors
    /// [`Failure`] where a file cannot be read or written.
    pub fn run(&self) -> Result<Formatted, Failure> {
        let files = self.files.iter().map(|path| self.file(path)).collect::<Result<_, _>>()?;
        Ok(Formatted { files, check: self.check })
    }

    fn file(&self, path: &Path) -> Result<File, Failure> {
        let text = input::read(path)?;
        let name = path.display().to_string();
        let outcome = match formatted(&text) {
            None => Outcome::Mistaken(mistakes(&name, text)),
            Some(formatted) if path == Path::new("-") && !self.check => Outcome::Printed(formatted),
            Some(formatted) if formatted == text => Outcome::Unchanged,
            Some(formatted) => {
                if !self.check {
                    let unwritable = |reason| Failure::Unwritable { path: path.to_owned(), reason };
                    fs::write(path, formatted).map_err(unwritable)?;
                }
                Outcome::Changed
            }
        };
        Ok(File { name, outcome })
    }
}

fn formatted(text: &str) -> Option<String> {
    policies_str_to_pretty(text, &Config { line_width: LINE_WIDTH, indent_width: INDENT }).ok()
}

/// In the words that the gateway has for them.
fn mistakes(name: &str, text: String) -> Vec<String> {
    let file = PolicyFile { name: name.to_owned(), text };
    match Authorization::new(&[file], None, "groups", None, DenyStatus::Forbidden) {
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
        Ok(_) => vec![format!("{name}: Cedar's formatter cannot format it; format it by hand")],
    }
}

/// What became of the files.
pub struct Formatted {
    files: Vec<File>,
    check: bool,
}

struct File {
    name: String,
    outcome: Outcome,
}

enum Outcome {
    Unchanged,
    Changed,
    Printed(String),
    Mistaken(Vec<String>),
}

impl Outcome {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Printed(_) => "printed",
            Self::Mistaken(_) => "mistaken",
        }
    }
}

impl Report for Formatted {
    fn verdict(&self) -> Verdict {
        let is_finding = |file: &File| match file.outcome {
            Outcome::Changed => self.check,
            Outcome::Mistaken(_) => true,
            Outcome::Unchanged | Outcome::Printed(_) => false,
        };
        if self.files.iter().any(is_finding) { Verdict::Findings } else { Verdict::Fine }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for File { name, outcome } in &self.files {
            match outcome {
                Outcome::Unchanged => {}
                Outcome::Printed(text) => out.write_all(text.as_bytes())?,
                Outcome::Changed if self.check => writeln!(out, "{ODD}not formatted{ODD:#}: {name}")?,
                Outcome::Changed => writeln!(out, "{GOOD}formatted{GOOD:#}: {name}")?,
                Outcome::Mistaken(mistakes) => {
                    for mistake in mistakes {
                        writeln!(out, "{BAD}error{BAD:#}: {mistake}")?;
                    }
                }
            }
        }
        match self.verdict() {
            Verdict::Fine if self.check => writeln!(out, "{GOOD}fine{GOOD:#}: nothing to format"),
            _ => Ok(()),
        }
    }

    fn json(&self) -> Value {
        let files = self.files.iter().map(|File { name, outcome }| match outcome {
            Outcome::Printed(text) => json!({ "file": name, "outcome": outcome.as_str(), "text": text }),
            Outcome::Mistaken(mistakes) => {
                json!({ "file": name, "outcome": outcome.as_str(), "mistakes": mistakes })
            }
            _ => json!({ "file": name, "outcome": outcome.as_str() }),
        });
        json!({ "files": files.collect::<Vec<_>>() })
    }
}
