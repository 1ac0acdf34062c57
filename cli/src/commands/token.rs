//! `rolecall token decode`: what a token says, and which checks of a configuration it would pass.
//!
//! Its signature is never printed, so that no output of this command can be used as a token.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use rolecall_core::{
    authenticate::{Check, TokenError, UnverifiedToken},
    config::Config,
    rejection::Rejection,
};
use serde_json::{Map, Value, json};

use crate::{
    configuration::ConfigurationArguments,
    console::{BAD, GOOD, STRONG, plain},
    failure::Failure,
    moment,
    report::{Report, Verdict},
    token,
};

/// Look into tokens
#[derive(Args)]
pub struct Token {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Decode(Decode),
}

impl Token {
    /// # Errors
    /// [`Failure`] where the token or the configuration cannot be read.
    pub fn run(&self) -> Result<Box<dyn Report>, Failure> {
        let Command::Decode(decode) = &self.command;
        Ok(Box::new(decode.run()?))
    }
}

/// Show a token's header, claims and times, and which checks it would pass
///
/// Reads a JWT from a file or from standard input; `Bearer` before it does not disturb. Checks are made where --config or
/// $ROLECALL_CONFIG names a configuration. Nothing is sent anywhere and the signature is not checked: `rolecall explain
/// --token` does that.
#[derive(Args)]
#[command(after_help = "\
Examples:
  pbpaste | rolecall token decode -
  rolecall token decode token.jwt --config gateway.yaml")]
struct Decode {
    /// The file with the token, or - for standard input
    file: PathBuf,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    /// Judge times as of this moment, in seconds since 1970 [default: now]
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
}

impl Decode {
    fn run(&self) -> Result<Decoded, Failure> {
        let config = self.configuration.config_if_named()?;
        let token = token::read(&self.file)?;
        let now = self.at.unwrap_or_else(moment::now);
        let parsed = match UnverifiedToken::parse(&token, usize::MAX) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Decoded { content: Err(error), checks: Vec::new() }),
        };
        let checks = config.map_or_else(Vec::new, |config| checks(&token, &parsed, &config, now));
        let content = Content {
            header: parsed.unverified_header(),
            times: times(&parsed, now),
            claims: Map::from_iter(
                parsed.unverified_claims().iter().map(|(name, value)| (name.clone(), value.clone())),
            ),
        };
        Ok(Decoded { content: Ok(content), checks })
    }
}

/// In the order in which the gateway makes them.
fn checks(token: &str, parsed: &UnverifiedToken<'_>, config: &Config, now: u64) -> Vec<Checked> {
    let size = UnverifiedToken::parse(token, config.limits.max_token_bytes).map(|_| ());
    let all = Check::BEFORE_SIGNATURE.into_iter().chain(Check::AFTER_SIGNATURE);
    let checked = all.map(|check| (name(check), parsed.passes(check, &config.oidc, now)));
    [("size", size)].into_iter().chain(checked).map(|(name, result)| Checked { name, result }).collect()
}

fn name(check: Check) -> &'static str {
    match check {
        Check::Algorithm => "algorithm",
        Check::CriticalHeader => "crit",
        Check::Issuer => "issuer",
        Check::Audience => "audience",
        Check::Expiry => "exp",
        Check::NotBefore => "nbf",
        Check::IssuedAt => "iat",
        Check::Subject => "sub",
        Check::Client => "client",
        Check::Scopes => "scopes",
    }
}

fn times(token: &UnverifiedToken<'_>, now: u64) -> Vec<Time> {
    let claims = token.unverified_claims();
    let named = [("iat", "issued", "issued"), ("nbf", "valid", "valid"), ("exp", "expires", "expired")];
    let time = |(claim, ahead, past)| {
        let seconds = claims.get(claim)?.as_u64()?;
        let verb = if seconds > now { ahead } else { past };
        let words = format!("{verb} {}", moment::relative(seconds, now));
        Some(Time { claim, date: moment::date(seconds), words })
    };
    named.into_iter().filter_map(time).collect()
}

/// A token taken apart.
struct Decoded {
    content: Result<Content, TokenError>,
    checks: Vec<Checked>,
}

struct Content {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    times: Vec<Time>,
}

struct Time {
    claim: &'static str,
    date: Option<String>,
    words: String,
}

struct Checked {
    name: &'static str,
    result: Result<(), TokenError>,
}

impl Decoded {
    /// What the gateway would say first.
    fn refusal(&self) -> Option<Rejection> {
        let first = self.checks.iter().find_map(|checked| checked.result.as_ref().err());
        self.content.as_ref().err().or(first).cloned().map(Rejection::Token)
    }
}

impl Report for Decoded {
    fn verdict(&self) -> Verdict {
        if self.refusal().is_some() { Verdict::Findings } else { Verdict::Fine }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Ok(content) = &self.content {
            content.text(out)?;
        }
        if !self.checks.is_empty() {
            writeln!(out, "{STRONG}checks{STRONG:#}")?;
        }
        for Checked { name, result } in &self.checks {
            match result {
                Ok(()) => writeln!(out, "  {GOOD}passes{GOOD:#}  {name}")?,
                Err(error) => writeln!(out, "  {BAD}fails{BAD:#}   {name}: {error}")?,
            }
        }
        match self.refusal() {
            Some(refusal) => {
                let row = refusal.row();
                writeln!(out, "{BAD}refused{BAD:#}: {} ({}): {refusal}", row.reason, row.status.as_u16())
            }
            None => writeln!(out, "the signature was not checked: rolecall explain --token does that"),
        }
    }

    fn json(&self) -> Value {
        let content = self.content.as_ref().ok();
        let checks = self.checks.iter().map(|Checked { name, result }| {
            let problem = result.as_ref().err().map(ToString::to_string);
            json!({ "check": name, "passed": result.is_ok(), "problem": problem })
        });
        let refusal = self.refusal();
        json!({
            "header": content.map(|content| &content.header),
            "claims": content.map(|content| &content.claims),
            "times": content.map(|content| content.times.iter().map(Time::json).collect::<Vec<_>>()),
            "checks": checks.collect::<Vec<_>>(),
            "error": refusal.as_ref().map(|refusal| refusal.row().reason),
            "message": refusal.map(|refusal| refusal.to_string()),
        })
    }
}

impl Content {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for (title, members) in [("header", &self.header), ("claims", &self.claims)] {
            writeln!(out, "{STRONG}{title}{STRONG:#}")?;
            for (name, value) in members {
                writeln!(out, "  {}  {}", plain(name), plain(&value.to_string()))?;
            }
        }
        if !self.times.is_empty() {
            writeln!(out, "{STRONG}times{STRONG:#}")?;
        }
        for Time { claim, date, words } in &self.times {
            match date {
                Some(date) => writeln!(out, "  {claim}  {words} ({date})")?,
                None => writeln!(out, "  {claim}  {words}")?,
            }
        }
        Ok(())
    }
}

impl Time {
    fn json(&self) -> Value {
        json!({ "claim": self.claim, "date": self.date, "words": self.words })
    }
}
