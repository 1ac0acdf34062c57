//! `rolecall check`: everything that would keep the gateway from starting, and what is legal and yet surprises.

use std::io::{self, Write};

use clap::{Args, builder::PossibleValuesParser};
use rolecall_core::config::{Finding, Size, WARNING_IDS, Warning};
use serde_json::{Value, json};

use crate::{
    configuration::ConfigurationArguments,
    console::{BAD, GOOD, ODD, STRONG},
    failure::Failure,
    report::{Report, Verdict},
};

const AFTER_HELP: &str = "\
Errors are what the gateway does not start with. Warnings are legal and yet surprising, for example a mapping that can \
never win; docs/cli.md explains each by the id in brackets. With warnings alone the exit code is 0.

Examples:
  rolecall check
  rolecall check --config staging.yaml --env ROLECALL_ISSUER=https://idp.example.com
  rolecall check --deny-warnings --allow roles-in-several-accounts";

/// Check a configuration: its keys, expressions, policies and sizes
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Check {
    #[command(flatten)]
    configuration: ConfigurationArguments,
    /// Exit with 1 where there are warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// Leave out warnings of this id
    #[arg(long, value_name = "ID", value_parser = PossibleValuesParser::new(WARNING_IDS), hide_possible_values = true)]
    allow: Vec<String>,
}

impl Check {
    /// # Errors
    /// [`Failure`] where the configuration cannot be read.
    pub fn run(&self) -> Result<Checked, Failure> {
        let snapshot = self.configuration.read()?;
        let mut checked = Checked {
            source: snapshot.source().to_owned(),
            deny_warnings: self.deny_warnings,
            errors: Vec::new(),
            warnings: Vec::new(),
            sizes: Vec::new(),
        };
        match self.configuration.load(&snapshot) {
            Ok(config) => {
                checked.warnings = self.configuration.review(&snapshot, &config);
                checked.warnings.retain(|warning| !self.allow.iter().any(|id| id == warning.id));
                checked.sizes = self.configuration.sizes(&snapshot, &config);
            }
            Err(findings) => checked.errors = findings.iter().cloned().collect(),
        }
        Ok(checked)
    }
}

/// What is wrong with a configuration, and what is odd.
pub struct Checked {
    source: String,
    deny_warnings: bool,
    errors: Vec<Finding>,
    warnings: Vec<Warning>,
    sizes: Vec<Size>,
}

impl Report for Checked {
    fn verdict(&self) -> Verdict {
        let denied = self.deny_warnings && !self.warnings.is_empty();
        if self.errors.is_empty() && !denied { Verdict::Fine } else { Verdict::Findings }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for finding in &self.errors {
            writeln!(out, "{BAD}error{BAD:#}: {finding}")?;
        }
        for Warning { id, finding } in &self.warnings {
            writeln!(out, "{ODD}warning{ODD:#}[{id}]: {finding}")?;
        }
        for size in &self.sizes {
            let Size { what, actual, limit, unit, limit_of } = size;
            let style = if size.fits() { GOOD } else { ODD };
            writeln!(out, "{style}size{style:#}: {what}: {actual} of {limit} {unit} ({limit_of})")?;
        }
        match (self.errors.len(), self.warnings.len()) {
            (0, 0) => writeln!(out, "{GOOD}fine{GOOD:#}: the gateway would start with {}", self.source),
            (0, warnings) => {
                let warnings = counted(warnings, "warning");
                writeln!(out, "{STRONG}{warnings}{STRONG:#}: the gateway would start with {}", self.source)
            }
            (errors, _) => {
                let errors = counted(errors, "error");
                writeln!(out, "{STRONG}{errors}{STRONG:#}: the gateway would not start")
            }
        }
    }

    fn json(&self) -> Value {
        let errors = self.errors.iter().map(|error| finding("error", None, error));
        let warnings =
            self.warnings.iter().map(|warning| finding("warning", Some(warning.id), &warning.finding));
        json!({
            "source": self.source,
            "findings": errors.chain(warnings).collect::<Vec<_>>(),
            "sizes": self.sizes.iter().map(size).collect::<Vec<_>>(),
        })
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn finding(severity: &str, id: Option<&str>, finding: &Finding) -> Value {
    let Finding { file, line, column, key, problem, remedy } = finding;
    json!({
        "severity": severity,
        "id": id,
        "file": file,
        "line": line,
        "column": column,
        "key": key,
        "problem": problem,
        "remedy": remedy,
    })
}

fn size(size: &Size) -> Value {
    let Size { what, actual, limit, unit, limit_of } = size;
    json!({ "what": what, "actual": actual, "limit": limit, "unit": unit, "limit_of": limit_of, "fits": size.fits() })
}
