//! `rolecall explain`: what the gateway would do for a token, or for one call with it, and why.
//!
//! It walks the stations in the gateway's order over claims that nobody may have verified, and goes on behind a refusal:
//! an operator wants to see all of it.

mod asked;
mod explained;
mod json;
mod matched;
mod presented;
mod text;
mod walk;

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use http::{HeaderName, HeaderValue};
use rolecall_core::authorize::ToolList;

use self::{asked::Asked, explained::Explained, presented::Presented};
use crate::{configuration::ConfigurationArguments, failure::Failure, input, moment};

/// Explain which role a user gets, how the session is made, and what policies say to a call
///
/// Give the token itself, or only its claims as a JSON object. A token is also verified, which asks its issuer for keys;
/// where that cannot be reached the rest is explained all the same. Nothing is sent to AWS.
#[derive(Args)]
#[command(after_help = "\
Examples:
  rolecall explain --claims alice.json
  pbpaste | rolecall explain --token - --config gateway.yaml
  echo '{\"sub\": \"alice\", \"groups\": [\"readers\"]}' | rolecall explain --claims - --call call.json
  rolecall explain --claims alice.json --call call.json --tools tools.json
  rolecall explain --token token.jwt --at 1763730000     as of a moment in the audit log

call.json is one MCP message, as clients send it:
  {\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\",
   \"params\": {\"name\": \"aws___call_aws\", \"arguments\": {\"cli_command\": \"aws s3 ls\"}}}")]
pub struct Explain {
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    source: Source,
    /// A JSON-RPC message to put to the policies, or - for standard input
    #[arg(long, value_name = "FILE")]
    call: Option<PathBuf>,
    /// A header of the call [default: Content-Type: application/json]
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header, requires = "call")]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The client's address, for policies that ask for it
    #[arg(long, value_name = "ADDRESS", requires = "call")]
    source_ip: Option<IpAddr>,
    /// The MCP server's answer to tools/list, or - for standard input, where policies ask for annotations
    #[arg(long, value_name = "FILE", requires = "call")]
    tools: Option<PathBuf>,
    /// Judge times as of this moment, in seconds since 1970 [default: now]
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
}

/// Who asks.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// The claims of a token, as a JSON object, or - for standard input; taken as if verified
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// A token (JWT), or - for standard input
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("write NAME: VALUE")?;
    let name = name.trim().parse().map_err(|_| "not the name of a header")?;
    Ok((name, value.trim().parse().map_err(|_| "not the value of a header")?))
}

/// What a saved list says, or what is wrong with it.
fn tools(path: &Path) -> Result<ToolList, Failure> {
    let problem = match ToolList::saved(input::read(path)?.as_bytes()) {
        Ok(Some(list)) => return Ok(list),
        Ok(None) => "is one page of several".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Failure::Unusable {
        path: path.to_owned(),
        problem: format!("as the MCP server's answer to tools/list it {problem}"),
        remedy: "give the whole answer, or {\"tools\": […]} with the tools of all its pages".to_owned(),
    })
}

impl Explain {
    /// # Errors
    /// [`Failure`] where a file cannot be read or the configuration has mistakes.
    pub fn run(&self) -> Result<Explained, Failure> {
        self.check_standard_input()?;
        let config = Arc::new(self.configuration.config()?);
        let now = self.at.unwrap_or_else(moment::now);
        let presented = match (&self.source.claims, &self.source.token) {
            (Some(path), _) => Presented::claims(path)?,
            (None, Some(path)) => Presented::token(path, &config, now)?,
            // clap demands one of them.
            (None, None) => Presented::nothing(),
        };
        let body = self.call.as_deref().map(input::read).transpose()?;
        let tools = self.tools.as_deref().map(tools).transpose()?;
        let asked = body.map(|body| Asked::new(body, &self.headers, self.source_ip, tools));
        Ok(walk::walk(&config, presented, asked.as_ref(), now))
    }

    /// It can be read once.
    fn check_standard_input(&self) -> Result<(), Failure> {
        let files = [&self.source.claims, &self.source.token, &self.call, &self.tools];
        if files.into_iter().filter(|file| file.as_deref() == Some(Path::new("-"))).count() < 2 {
            return Ok(());
        }
        Err(Failure::Unusable {
            path: PathBuf::from("-"),
            problem: "standard input is asked for twice".to_owned(),
            remedy: "give one of the two as a file".to_owned(),
        })
    }
}
