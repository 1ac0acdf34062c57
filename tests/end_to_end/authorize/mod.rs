//! Station *authorize* from outside: what policies let through, what they stop, and that no way of writing a call gets
//! past them.

mod annotations;
mod bypasses;
mod decisions;
mod lists;
mod narrowing;
mod start;

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use rolecall_local::{raw::Raw, stack::Stack};
use serde_json::{Value, json};

use crate::harness::{World, ponging_upstream, request};

/// Policy files for one gateway, gone with it.
pub struct PolicyDirectory(PathBuf);

impl PolicyDirectory {
    /// A directory that holds this policy.
    pub fn with(policies: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("rolecall-policies-{}-{number}", std::process::id()));
        fs::create_dir_all(path.join("policies")).unwrap();
        fs::write(path.join("policies/team.cedar"), policies).unwrap();
        Self(path)
    }

    /// The section that names them; `keys` are its other lines.
    pub fn section(&self, keys: &str) -> String {
        format!("authorization:\n  policies: ['{}/policies/*.cedar']\n{keys}", self.0.display())
    }
}

impl Drop for PolicyDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A gateway with these policies before an upstream that answers everything like a ping.
pub async fn world(policies: &str, keys: &str) -> (World, Raw) {
    let directory = PolicyDirectory::with(policies);
    let stack = Stack::start().await.unwrap();
    let raw = ponging_upstream(&stack).await;
    let section = directory.section(keys);
    let world = World::over(stack, &raw.url(), &[], |yaml| format!("{yaml}{section}")).await;
    (world, raw)
}

/// A call of a tool.
fn call(tool: &str, arguments: Value) -> String {
    request(1, "tools/call", json!({"name": tool, "arguments": arguments}))
}
