//! The configuration that a command is about.

use std::{env, path::PathBuf};

use clap::Args;
use rolecall_core::config::{Config, Findings, Size, Warning, review, sizes};
use rolecall_gateway::config_source::{ConfigError, Snapshot, read_file};

use crate::failure::Failure;

const VARIABLE: &str = "ROLECALL_CONFIG";
const FILE_NAME: &str = "gateway.yaml";

/// Where it is, and the variables that it refers to.
#[derive(Args)]
pub struct ConfigurationArguments {
    /// The configuration file [default: $ROLECALL_CONFIG, else gateway.yaml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A value for a ${NAME} of the configuration; those that are not given come from the environment
    #[arg(short, long = "env", value_name = "NAME=VALUE", value_parser = assignment)]
    environment: Vec<(String, String)>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl ConfigurationArguments {
    /// The file, not yet checked.
    ///
    /// # Errors
    /// [`Failure::Configuration`] where it cannot be read.
    pub fn read(&self) -> Result<Snapshot, Failure> {
        Ok(read_file(&self.path())?)
    }

    /// Checks it as the gateway does at its start.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn load(&self, snapshot: &Snapshot) -> Result<Config, Findings> {
        snapshot.load_in(&|name| self.variable(name))
    }

    /// Both, for a command that needs a configuration without mistakes.
    ///
    /// # Errors
    /// [`Failure::Configuration`] with every mistake in it.
    pub fn config(&self) -> Result<Config, Failure> {
        let snapshot = self.read()?;
        Ok(self.load(&snapshot).map_err(ConfigError::from)?)
    }

    /// Likewise, for a command that can do without one where none is named.
    ///
    /// # Errors
    /// Those of [`Self::config`].
    pub fn config_if_named(&self) -> Result<Option<Config>, Failure> {
        self.named().map(|_| self.config()).transpose()
    }

    /// What is legal in it and yet surprises.
    pub fn review(&self, snapshot: &Snapshot, config: &Config) -> Vec<Warning> {
        review(config, snapshot.text(), snapshot.source(), &|name| self.variable(name))
    }

    /// How much of AWS's limits it uses.
    pub fn sizes(&self, snapshot: &Snapshot, config: &Config) -> Vec<Size> {
        sizes(config, snapshot.text(), &|name| self.variable(name))
    }

    fn path(&self) -> PathBuf {
        self.named().unwrap_or_else(|| PathBuf::from(FILE_NAME))
    }

    fn named(&self) -> Option<PathBuf> {
        let variable = || env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        self.config.clone().or_else(variable)
    }

    fn variable(&self, name: &str) -> Option<String> {
        let given = self.environment.iter().rev().find(|(given, _)| given == name);
        given.map(|(_, value)| value.clone()).or_else(|| env::var(name).ok())
    }
}
