//! `rolecall doctor`: asks a running gateway what a client would ask it, and says where it fails.

mod authorization_server;
mod browser;
mod challenge;
mod exchange;
mod findings;
mod health;
mod http;
mod metadata;
mod reasons;
mod sse;
mod tls;
mod token;

use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use serde_json::{Value, json};
use url::Url;

use self::{
    findings::{Hop, Status},
    http::Asker,
    token::Token,
};
use crate::{
    console::{BAD, GOOD, ODD, STRONG},
    endpoint::endpoint,
    failure::Failure,
    input,
    report::{Report, Verdict},
};

const AFTER_HELP: &str = "\
Without a token it looks at what everybody may see: TLS, clock, health, metadata, challenge, origins, the authorization \
server. With one it makes a whole exchange as that user: it opens a session, lists tools and ends the session. The token \
is sent to the gateway alone and never printed. The exit code is 1 where a hop fails.

Examples:
  rolecall doctor https://mcp.example.com/mcp
  rolecall doctor https://mcp.example.com/mcp --token token.txt
  aws-mcp-login | rolecall doctor https://mcp.example.com/mcp --token -";

/// Ask a running gateway, hop by hop, and name the remedy where it fails
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Doctor {
    /// The endpoint's URL, as clients have it
    #[arg(value_parser = endpoint)]
    url: String,
    /// A file with an access token; - is standard input
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
    /// Longest wait for each answer
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
}

impl Doctor {
    /// # Errors
    /// [`Failure`] where the token cannot be read or no client can be made.
    pub fn run(&self) -> Result<Examined, Failure> {
        let token = match &self.token {
            Some(path) => Some(Token::new(&input::read(path)?, &path.display().to_string())?),
            None => None,
        };
        let client_error = |error: String| Failure::Asker(error);
        let url = Url::parse(&self.url).map_err(|error| client_error(error.to_string()))?;
        let asker = Asker::new(url, token, Duration::from_secs(self.timeout)).map_err(client_error)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let hops = runtime.map_err(Failure::Runtime)?.block_on(examine(&asker));
        Ok(Examined { url: self.url.clone(), hops })
    }
}

/// Every hop in the order of a client's first connection. Where nothing answers, nothing more is asked.
async fn examine(asker: &Asker) -> Vec<Hop> {
    let mut hops = Vec::new();
    if asker.url().scheme() == "https" {
        let tls = tls::examine(asker);
        let goes_on = tls.status != Status::Failed;
        hops.push(tls);
        if !goes_on {
            return hops;
        }
    }
    let (health, clock) = health::examine(asker).await;
    let is_gateway = health.status != Status::Failed;
    hops.push(health);
    hops.extend(clock);
    if !is_gateway {
        return hops;
    }
    let (metadata, issuer) = metadata::examine(asker).await;
    hops.push(metadata);
    hops.push(challenge::examine(asker).await);
    hops.extend(browser::examine(asker).await);
    if let Some(issuer) = &issuer {
        hops.push(authorization_server::examine(asker, issuer).await);
    }
    if let Some(token) = asker.token() {
        hops.push(token.examine(issuer.as_deref()));
        hops.extend(exchange::examine(asker).await);
    }
    hops
}

/// What the gateway answered.
pub struct Examined {
    url: String,
    hops: Vec<Hop>,
}

impl Examined {
    fn failed(&self) -> usize {
        self.hops.iter().filter(|hop| hop.status == Status::Failed).count()
    }
}

impl Report for Examined {
    fn verdict(&self) -> Verdict {
        if self.failed() == 0 { Verdict::Fine } else { Verdict::Findings }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for Hop { name, status, facts, remedy, took } in &self.hops {
            let style = match status {
                Status::Passed => GOOD,
                Status::Odd => ODD,
                Status::Failed => BAD,
                Status::Skipped => anstyle::Style::new(),
            };
            let took = took.map(|took| format!(" ({} ms)", took.as_millis())).unwrap_or_default();
            writeln!(out, "{style}{:<7}{style:#} {STRONG}{name}{STRONG:#}{took}: {facts}", status.as_str())?;
            if let Some(remedy) = remedy {
                writeln!(out, "        → {remedy}")?;
            }
        }
        match self.failed() {
            0 => writeln!(out, "{GOOD}fine{GOOD:#}: {}", self.url),
            1 => writeln!(out, "{STRONG}1 hop fails{STRONG:#}: {}", self.url),
            failed => writeln!(out, "{STRONG}{failed} hops fail{STRONG:#}: {}", self.url),
        }
    }

    fn json(&self) -> Value {
        let hops: Vec<Value> = self
            .hops
            .iter()
            .map(|Hop { name, status, facts, remedy, took }| {
                let milliseconds = took.map(|took| took.as_secs_f64() * 1000.0);
                json!({ "hop": name, "status": status.as_str(), "facts": facts, "remedy": remedy, "milliseconds": milliseconds })
            })
            .collect();
        json!({ "url": self.url, "hops": hops })
    }
}
