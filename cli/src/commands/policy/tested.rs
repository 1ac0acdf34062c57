//! What the tests of policies came to.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use rolecall_core::config::{Expected, PolicyTest};
use serde_json::{Value, json};

use super::judged::Judged;
use crate::{
    console::{BAD, GOOD, ODD},
    report::{Report, Verdict},
};

/// All rows, and which policies they reached.
#[derive(Default)]
pub struct Tested {
    pub rows: Vec<Row>,
    /// Of policies and test files; they hide what rows would say.
    pub mistakes: Vec<String>,
    pub policies: BTreeSet<String>,
    pub covered: BTreeSet<String>,
    pub require_coverage: bool,
}

/// One row.
pub struct Row {
    place: String,
    name: String,
    expected: String,
    passed: bool,
    judged: Judged,
}

impl Row {
    pub fn new(file: &str, test: &PolicyTest, judged: Judged) -> Self {
        let expected = sentence(
            test.expected.as_str(),
            test.policies.as_deref().unwrap_or_default(),
            test.reason.as_deref().map(|reason| format!("reason {reason:?}")).as_deref(),
        );
        Self {
            place: format!("{file}:{}", test.line),
            name: test.name.clone(),
            expected,
            passed: judged.meets(test),
            judged,
        }
    }

    fn decided(&self) -> String {
        let decision = self.judged.decision.map_or("refused before policies are asked", Expected::as_str);
        sentence(decision, &self.judged.policies, self.judged.why.as_deref())
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{BAD}failed{BAD:#}: {}: {}", self.place, self.name)?;
        writeln!(out, "  expected  {}", self.expected)?;
        writeln!(out, "  decided   {}", self.decided())?;
        for failure in &self.judged.failures {
            writeln!(out, "  policy {} could not be evaluated: {failure}", failure.policy)?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        json!({
            "place": self.place,
            "name": self.name,
            "passed": self.passed,
            "expected": self.expected,
            "decision": self.judged.decision.map(Expected::as_str),
            "policies": self.judged.policies,
            "reason": self.judged.reason,
            "message": self.judged.why,
            "errors": self.judged.failures.iter()
                .map(|failure| json!({ "policy": failure.policy, "problem": failure.to_string() }))
                .collect::<Vec<_>>(),
        })
    }
}

/// `deny by our-regions: …`.
fn sentence(decision: &str, policies: &[String], rest: Option<&str>) -> String {
    let by = if policies.is_empty() { String::new() } else { format!(" by {}", policies.join(", ")) };
    let rest = rest.map_or_else(String::new, |rest| format!(": {rest}"));
    format!("{decision}{by}{rest}")
}

impl Tested {
    fn failed(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.passed)
    }

    fn uncovered(&self) -> Vec<&str> {
        self.policies.difference(&self.covered).map(String::as_str).collect()
    }
}

impl Report for Tested {
    fn verdict(&self) -> Verdict {
        let lacks_coverage = self.require_coverage && !self.uncovered().is_empty();
        if self.mistakes.is_empty() && self.failed().next().is_none() && !lacks_coverage {
            Verdict::Fine
        } else {
            Verdict::Findings
        }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for mistake in &self.mistakes {
            writeln!(out, "{BAD}error{BAD:#}: {mistake}")?;
        }
        for row in self.failed() {
            row.text(out)?;
        }
        if self.rows.is_empty() {
            return Ok(());
        }
        let (style, uncovered) = (if self.require_coverage { BAD } else { ODD }, self.uncovered());
        for policy in &uncovered {
            writeln!(out, "{style}not covered{style:#}: {policy}: no test was determined by this policy")?;
        }
        let passed = self.rows.iter().filter(|row| row.passed).count();
        let style = if passed == self.rows.len() { GOOD } else { BAD };
        writeln!(
            out,
            "{style}{passed} of {} tests passed{style:#}; {} of {} policies covered",
            self.rows.len(),
            self.policies.len().saturating_sub(uncovered.len()),
            self.policies.len(),
        )
    }

    fn json(&self) -> Value {
        json!({
            "tests": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "mistakes": self.mistakes,
            "policies": self.policies,
            "uncovered": self.uncovered(),
        })
    }
}
