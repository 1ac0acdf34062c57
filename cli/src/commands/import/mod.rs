//! `rolecall import`: a `gateway.yaml` from ToolHive's Kubernetes resources or its RunConfig.
//!
//! Invariant: what is in the input and not in the output is listed, key by key.

mod aws_sts;
mod draft;
mod fields;
mod kubernetes;
mod oidc;
mod reasons;
mod run_config;
mod yaml_text;

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use serde_json::{Value, json};

use self::draft::{Draft, Note};
use crate::{
    console::{BAD, GOOD, ODD, STRONG},
    failure::Failure,
    input,
    report::{Report, Verdict},
};

const AFTER_HELP: &str = "\
Reads MCPRemoteProxy, MCPExternalAuthConfig (type awsSts) and MCPOIDCConfig, several documents in a file and lists \
included, and RunConfig JSON. What cannot be carried over stands in comments at the top of the result, and the exit code \
is 1. What the input does not say becomes a variable: fill it in, or set it in the function's environment.

Examples:
  kubectl get mcpremoteproxies,mcpexternalauthconfigs,mcpoidcconfigs -o yaml | rolecall import -
  rolecall import proxy.yaml auth.yaml --output gateway.yaml && rolecall check
  thv export aws run.json && rolecall import run.json";

/// Make a gateway.yaml from a ToolHive configuration
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Import {
    /// Kubernetes resources as YAML or JSON, or a RunConfig; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Which MCPRemoteProxy, where there are several
    #[arg(long, value_name = "NAME")]
    proxy: Option<String>,
    /// Write the result to a file that does not exist yet, and print what was not carried over
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Import {
    /// # Errors
    /// [`Failure`] where a file cannot be read, holds nothing of ToolHive, or the result cannot be written.
    pub fn run(&self) -> Result<Imported, Failure> {
        let mut documents = Vec::new();
        for path in &self.files {
            let text = input::read(path)?;
            let parsed = serde_saphyr::from_multiple::<Value>(&text).map_err(|error| Failure::NotYaml {
                path: path.clone(),
                reason: error.without_snippet().to_string(),
            })?;
            documents.extend(parsed);
        }
        let mut draft = Draft::default();
        let found = match documents.iter().find(|document| run_config::is_one(document)) {
            Some(document) => run_config::read(document, &mut draft),
            None => kubernetes::read(&documents, self.proxy.as_deref(), &mut draft),
        };
        if !found {
            return Err(Failure::NothingToImport);
        }
        let yaml = draft.yaml();
        if let Some(path) = &self.output {
            let written = OpenOptions::new().write(true).create_new(true).open(path);
            written
                .and_then(|mut file| file.write_all(yaml.as_bytes()))
                .map_err(|reason| Failure::Unwritable { path: path.clone(), reason })?;
        }
        Ok(Imported { draft, yaml, output: self.output.clone() })
    }
}

/// A configuration, and what is not in it.
pub struct Imported {
    draft: Draft,
    yaml: String,
    output: Option<PathBuf>,
}

impl Report for Imported {
    fn verdict(&self) -> Verdict {
        let Draft { lost, missing, .. } = &self.draft;
        if lost.is_empty() && missing.is_empty() { Verdict::Fine } else { Verdict::Findings }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(path) = &self.output else { return out.write_all(self.yaml.as_bytes()) };
        let Draft { lost, missing, dropped, .. } = &self.draft;
        for Note { at, what } in lost {
            writeln!(out, "{BAD}lost{BAD:#}: {at}: {what}")?;
        }
        for Note { at, what } in missing {
            writeln!(out, "{ODD}missing{ODD:#}: {at}: {what}")?;
        }
        for Note { at, what } in dropped {
            writeln!(out, "{GOOD}not needed{GOOD:#}: {at}: {what}")?;
        }
        writeln!(out, "{STRONG}{}{STRONG:#} is written; look at it with rolecall check", path.display())
    }

    fn json(&self) -> Value {
        let notes = |notes: &[Note]| -> Vec<Value> {
            notes.iter().map(|Note { at, what }| json!({ "at": at, "what": what })).collect()
        };
        let Draft { lost, missing, dropped, .. } = &self.draft;
        json!({
            "configuration": self.yaml,
            "lost": notes(lost),
            "missing": notes(missing),
            "dropped": notes(dropped),
        })
    }
}
