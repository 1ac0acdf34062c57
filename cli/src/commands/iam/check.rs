//! `rolecall iam check`: existing roles against the role map.

use std::{
    collections::HashMap,
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use rolecall_core::config::Config;
use serde_json::{Value, json};

use super::map_arguments::MapArguments;
use crate::{
    console::{BAD, GOOD, ODD, STRONG},
    failure::Failure,
    iam::{
        checks::{Expected, check},
        document::Document,
        finding::{Finding, Findings},
        inventory::Inventory,
        limits::Limits,
        map::RoleMap,
        patch::Op,
        template::Setting,
        trust::TrustBy,
    },
    report::{Report, Verdict},
};

/// Check existing IAM roles against the role map of a configuration
///
/// Reads what `aws iam get-role`, `get-account-authorization-details` and `get-policy-version` print, trust policies,
/// CloudFormation and SAM templates, and Terraform's JSON. Nothing is asked of AWS: what the files do not show is named as
/// not judged. Each fault comes with its mend as a JSON Patch (RFC 6902); in a YAML template, its pointers count !Sub as Fn::Sub.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Check {
    /// The files, of any of these kinds
    #[arg(value_name = "FILE", required_unless_present = "stack")]
    files: Vec<PathBuf>,
    /// A template; may be repeated
    #[arg(long, value_name = "TEMPLATE")]
    stack: Vec<PathBuf>,
    /// The value of a template's parameter; may be repeated [default: the template's own]
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    parameter: Vec<(String, String)>,
    #[command(flatten)]
    map: MapArguments,
    /// The claims of a token, as JSON: tells whether STS will see azp instead of aud
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// The role that a trust policy belongs to: name or ARN [default: the file's name]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// The session tag that patches ask for, where the role map looks at a claim that STS cannot see
    #[arg(long, value_name = "KEY", default_value = "Team")]
    trust_tag: String,
}

const AFTER_HELP: &str = "\
Examples:
  aws iam get-account-authorization-details --filter Role LocalManagedPolicy > account.json
  rolecall iam check account.json

  Before you deploy:
  rolecall iam check --stack template.yaml \\
    --parameter Issuer=https://idp.example.com --parameter AllowedRegions=us-east-1

  One trust policy; the file is named after the role:
  rolecall iam check TeamRole.json

  The patches alone:
  rolecall --json iam check account.json | jq '.findings[].patch'";

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Check {
    /// # Errors
    /// [`Failure`] where the configuration or a file is of no use, or an argument is missing.
    pub fn run(&self) -> Result<Checked, Failure> {
        let config = self.map.config()?;
        let map = self.map.map(&config, &self.clients()?);
        if !map.is_complete() {
            return Err(Failure::GatewayRole);
        }
        let setting = self.setting(&map, &config);
        let mut inventory = Inventory::default();
        for path in self.files.iter().chain(&self.stack) {
            let document = Document::read(path)?;
            if names_no_account(&document) {
                self.map.account(&map)?;
            }
            inventory.add(document, &setting)?;
        }
        let by = TrustBy::SessionTag(self.trust_tag.clone());
        let limits = Limits::shipped(std::slice::from_ref(&config.aws_sts.region))?;
        let expected = Expected { map: &map, by: &by, limits: &limits, named: self.role.as_deref() };
        let Findings { found, notes } = check(&inventory, &expected)?;
        let faults = found.into_iter().map(|finding| Fault::new(finding, &inventory)).collect();
        Ok(Checked { faults, notes })
    }

    /// The client id in the sample token.
    fn clients(&self) -> Result<Vec<String>, Failure> {
        let Some(path) = &self.claims else { return Ok(Vec::new()) };
        let claims = Document::read(path)?.value;
        Ok(claims.get("azp").and_then(Value::as_str).map(str::to_owned).into_iter().collect())
    }

    fn setting(&self, map: &RoleMap, config: &Config) -> Setting {
        let account = self.map.account(map).unwrap_or_default();
        let in_account = map.roles.iter().find(|role| role.arn.account() == account);
        Setting {
            partition: in_account.map_or("aws", |role| role.arn.partition()).to_owned(),
            account,
            region: config.aws_sts.region.clone(),
            parameters: self.parameter.iter().cloned().collect::<HashMap<_, _>>(),
        }
    }
}

/// Templates are read for an account.
fn names_no_account(document: &Document) -> bool {
    document.value.get("Resources").is_some() || document.value.get("resource").is_some()
}

/// What is wrong with the roles.
pub struct Checked {
    faults: Vec<Fault>,
    notes: Vec<String>,
}

/// A finding with the place and the patch that a reader of the file needs.
struct Fault {
    finding: Finding,
    file: Option<String>,
    line: Option<usize>,
    patch: Vec<Op>,
}

impl Fault {
    fn new(finding: Finding, inventory: &Inventory) -> Self {
        let place = finding.place.as_ref();
        let source = place.and_then(|place| Some((inventory.source(place.source)?, place)));
        Self {
            file: source.map(|(source, _)| source.document.file.clone()),
            line: source.and_then(|(source, place)| source.line(&place.at)),
            patch: source.map(|(source, _)| source.patch(&finding.ops)).unwrap_or_default(),
            finding,
        }
    }

    fn place(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}: "),
            (Some(file), None) => format!("{file}: "),
            (None, _) => String::new(),
        }
    }

    fn patch(&self) -> Option<Value> {
        (!self.patch.is_empty()).then(|| Value::from_iter(self.patch.iter().map(Op::json)))
    }
}

impl Report for Checked {
    fn verdict(&self) -> Verdict {
        if self.faults.is_empty() { Verdict::Fine } else { Verdict::Findings }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for fault in &self.faults {
            let Finding { id, role, problem, remedy, .. } = &fault.finding;
            writeln!(out, "{BAD}error[{id}]{BAD:#}: {}{role}: {problem}; {remedy}", fault.place())?;
            if let Some(patch) = fault.patch() {
                writeln!(out, "  JSON Patch: {patch}")?;
            }
        }
        for note in &self.notes {
            writeln!(out, "{ODD}note{ODD:#}: {note}")?;
        }
        match self.faults.len() {
            0 => writeln!(out, "{GOOD}fine{GOOD:#}: no fault in what the files show of the role map's roles"),
            1 => writeln!(out, "{STRONG}1 finding{STRONG:#}"),
            many => writeln!(out, "{STRONG}{many} findings{STRONG:#}"),
        }
    }

    fn json(&self) -> Value {
        let fault = |fault: &Fault| {
            let Finding { id, role, problem, remedy, .. } = &fault.finding;
            json!({
                "severity": "error",
                "id": id,
                "file": fault.file,
                "line": fault.line,
                "role": role,
                "problem": problem,
                "remedy": remedy,
                "patch": fault.patch(),
            })
        };
        json!({ "findings": self.faults.iter().map(fault).collect::<Vec<_>>(), "notes": self.notes })
    }
}
