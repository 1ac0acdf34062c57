//! Builds the gateway and finds the executable that Cargo made.
//! The path comes from Cargo's own report, never from a guess about target directories.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tokio::process::Command;

use crate::{Error, Result};

const PACKAGE: &str = "rolecall-gateway";

/// A built gateway.
#[derive(Debug, Clone)]
pub struct GatewayBinary {
    path: PathBuf,
}

impl GatewayBinary {
    /// Builds the gateway in the profile that Cargo defaults to; Cargo's progress goes to stderr.
    ///
    /// # Errors
    /// [`Error::Build`] when Cargo can't be run, fails, or names no executable.
    pub async fn build() -> Result<Self> {
        Self::build_with(&[]).await
    }

    /// Builds it with further arguments for Cargo, such as `--release`.
    ///
    /// # Errors
    /// As [`GatewayBinary::build`].
    pub async fn build_with(arguments: &[&str]) -> Result<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["build", "--quiet", "--package", PACKAGE, "--bin", PACKAGE])
            .arg("--message-format=json-render-diagnostics")
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|source: io::Error| Error::Build(format!("cannot run cargo: {source}")))?;
        if !output.status.success() {
            return Err(Error::Build(format!("cargo ended with {}", output.status)));
        }
        let path =
            executable(&output.stdout).ok_or_else(|| Error::Build("cargo named no executable".into()))?;
        Ok(Self { path })
    }

    /// The executable.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The executable in Cargo's JSON messages, one object a line.
fn executable(messages: &[u8]) -> Option<PathBuf> {
    messages
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter(|message| message.pointer("/target/name").is_some_and(|name| name == PACKAGE))
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::executable;

    #[test]
    fn finds_the_executable_among_cargo_messages() {
        let messages = br#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"rolecall-gateway"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"rolecall-gateway"},"executable":"/t/debug/rolecall-gateway"}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(executable(messages).unwrap().to_str(), Some("/t/debug/rolecall-gateway"));
        assert_eq!(executable(b"not json\n{}"), None);
    }
}
