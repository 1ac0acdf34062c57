//! What the gateway's audit lines say, found again on its standard output.
//! A line is taken only if it says the same user and tool; its absence is a failure, not a blank.

use std::time::Duration;

use rolecall_local::gateway::GatewayProcess;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(5);

/// An audit line.
#[derive(Debug, Clone)]
pub(crate) struct AuditLine(Value);

impl AuditLine {
    /// The line of this user's call of this tool.
    pub(crate) async fn of_call(gateway: &GatewayProcess, sub: &str, tool: &str) -> Result<Self, String> {
        Self::find(gateway, |line| line.text("/subject/sub") == sub && line.text("/target/tool") == tool)
            .await
            .ok_or_else(|| format!("no audit line for {sub} calling {tool}"))
    }

    /// The line that says why a request was refused.
    pub(crate) async fn of_refusal(gateway: &GatewayProcess, reason: &str) -> Result<Self, String> {
        Self::find(gateway, |line| line.text("/reason") == reason)
            .await
            .ok_or_else(|| format!("no audit line with reason {reason}"))
    }

    /// The string at a JSON pointer; empty where there is none.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    async fn find(gateway: &GatewayProcess, wanted: impl Fn(&Self) -> bool) -> Option<Self> {
        let found = |lines: &[String]| {
            lines
                .iter()
                .rev()
                .filter_map(|line| serde_json::from_str(line).ok().map(Self))
                .find(|line| wanted(line))
        };
        let lines = gateway.stdout().wait_for(|lines| found(lines).is_some(), PATIENCE).await.ok()?;
        found(&lines)
    }
}
