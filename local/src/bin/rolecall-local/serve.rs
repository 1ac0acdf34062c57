//! The stack kept running for other people's clients, with or without the gateway in front.
//! It ends at Ctrl-C, and with everything it started.

use std::{env, path::PathBuf, time::Duration};

use rolecall_local::{
    Error, Result,
    gateway::{GatewayBinary, GatewayProcess},
    stack::{STS_ENDPOINT_VARIABLE, Stack},
    users,
};
use serde_json::{Map, Value, json};

use crate::{arguments::DEFAULT_PORT, paint};

/// Long enough to be forever.
const FOREVER: Duration = Duration::from_secs(u32::MAX as u64);

/// Everything, the gateway on this port.
pub(crate) async fn gateway(port: u16) -> Result<()> {
    let stack = Stack::start().await?;
    eprintln!("building the gateway");
    let binary = GatewayBinary::build().await?;
    let sts = stack.sts.url();
    let environment = [(STS_ENDPOINT_VARIABLE, sts.as_str())];
    let mut gateway =
        GatewayProcess::start_on(binary.path(), port, &stack.gateway_yaml(port), &environment).await?;
    paint::heading("Rolecall", &gateway.url());
    client_configuration(&stack, &gateway.url())?;
    tokens(&stack)?;
    println!("\nCtrl-C ends it.");
    tokio::select! {
        ended = gateway.wait(FOREVER) => {
            Err(Error::NotReady(format!("it ended with {}\n{}", ended?, gateway.stderr().text())))
        }
        interrupted = interrupt() => interrupted,
    }
}

/// Issuer, STS and MCP server for a gateway that somebody else runs.
pub(crate) async fn backends() -> Result<()> {
    let stack = Stack::start().await?;
    let file = write_configuration(&stack)?;
    paint::heading("Rolecall's backends", "for `cargo lambda watch`");
    println!("export ROLECALL_CONFIG='{}'", file.display());
    println!("export {STS_ENDPOINT_VARIABLE}={}", stack.sts.url());
    client_configuration(&stack, &format!("http://127.0.0.1:{DEFAULT_PORT}/mcp"))?;
    tokens(&stack)?;
    println!("\nCtrl-C ends it.");
    interrupt().await
}

fn write_configuration(stack: &Stack) -> Result<PathBuf> {
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let write = || {
        let directory = target.join("rolecall-local");
        std::fs::create_dir_all(&directory)?;
        let file = directory.canonicalize()?.join("gateway.yaml");
        std::fs::write(&file, stack.gateway_yaml(DEFAULT_PORT))?;
        Ok(file)
    };
    write().map_err(|source| Error::Io { what: "writing gateway.yaml", source })
}

fn client_configuration(stack: &Stack, url: &str) -> Result<()> {
    let mut servers = Map::new();
    for user in users::ALL {
        let authorization = format!("Bearer {}", stack.issuer.token_for(user)?);
        let headers = json!({ "Authorization": authorization });
        let server = json!({ "type": "http", "url": url, "headers": headers });
        servers.insert(format!("aws-{}", user.name), server);
    }
    println!("\nClient configuration, one server for each user:\n");
    let configuration: Value = json!({ "mcpServers": servers });
    println!("{configuration:#}");
    Ok(())
}

fn tokens(stack: &Stack) -> Result<()> {
    println!("\nTokens, valid for 12 hours (a fresh one: curl '{}/token?user=alice'):", stack.issuer.url());
    for user in users::ALL {
        let groups = if user.groups.is_empty() { "no group".into() } else { user.groups.join(", ") };
        println!("\n{} ({groups})\n{}", user.name, stack.issuer.token_for(user)?);
    }
    Ok(())
}

async fn interrupt() -> Result<()> {
    tokio::signal::ctrl_c().await.map_err(|source| Error::Io { what: "waiting for Ctrl-C", source })
}
