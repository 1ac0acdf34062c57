//! `rolecall check`: everything that would keep the gateway from starting.

use std::io::{self, Write};

use clap::Args;
use rolecall_core::config::Finding;
use serde_json::{Value, json};

use crate::{
    configuration::ConfigurationArguments,
    console::{BAD, GOOD, STRONG},
    failure::Failure,
    report::{Report, Verdict},
};

/// Check a configuration: its keys, expressions and policies
#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

impl Check {
    /// # Errors
    /// [`Failure`] where the configuration cannot be read.
    pub fn run(&self) -> Result<Checked, Failure> {
        let snapshot = self.configuration.read()?;
        let findings = match self.configuration.load(&snapshot) {
            Ok(_) => Vec::new(),
            Err(findings) => findings.iter().cloned().collect(),
        };
        Ok(Checked { source: snapshot.source().to_owned(), findings })
    }
}

/// What is wrong with a configuration.
pub struct Checked {
    source: String,
    findings: Vec<Finding>,
}

impl Report for Checked {
    fn verdict(&self) -> Verdict {
        if self.findings.is_empty() { Verdict::Fine } else { Verdict::Findings }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for finding in &self.findings {
            writeln!(out, "{BAD}error{BAD:#}: {finding}")?;
        }
        match self.findings.len() {
            0 => writeln!(out, "{GOOD}fine{GOOD:#}: the gateway would start with {}", self.source),
            1 => writeln!(out, "{STRONG}1 finding{STRONG:#}: the gateway would not start"),
            many => writeln!(out, "{STRONG}{many} findings{STRONG:#}: the gateway would not start"),
        }
    }

    fn json(&self) -> Value {
        json!({ "source": self.source, "findings": self.findings.iter().map(finding).collect::<Vec<_>>() })
    }
}

fn finding(finding: &Finding) -> Value {
    let Finding { file, line, column, key, problem, remedy } = finding;
    json!({ "severity": "error", "file": file, "line": line, "column": column, "key": key, "problem": problem, "remedy": remedy })
}
