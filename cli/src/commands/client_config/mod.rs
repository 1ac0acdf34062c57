//! `rolecall client-config`: what to paste into an MCP client. The facts are those of docs/clients.md.

mod clients;
mod json_text;
mod shell;

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use rolecall_gateway::config_source::ConfigError;
use serde_json::{Value, json};

use self::clients::{Block, Connection, Instructions, SignIn};
use crate::{
    configuration::ConfigurationArguments,
    console::STRONG,
    endpoint::endpoint,
    failure::Failure,
    report::{Report, Verdict},
};

const AFTER_HELP: &str = "\
The URL is resourceUrl of the configuration unless --url is given. No token is ever asked for or printed: with --token \
the snippet names the variable that will hold it.

Examples:
  rolecall client-config claude-code --url https://mcp.example.com/mcp --client-id aws-mcp-desktop
  rolecall client-config vscode --config gateway.yaml --token
  rolecall client-config cursor --url https://mcp.example.com/mcp --bare > .cursor/mcp.json";

/// Print what connects an MCP client to the gateway
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct ClientConfig {
    /// The client
    client: Client,
    /// The endpoint's URL [default: resourceUrl of the configuration]
    #[arg(long, value_parser = endpoint)]
    url: Option<String>,
    /// The client id that the identity provider gave this client; without, it registers by itself
    #[arg(long, value_name = "ID", value_parser = printable)]
    client_id: Option<String>,
    /// Send a token from the variable AWS_MCP_TOKEN instead of signing in
    #[arg(long, conflicts_with = "client_id")]
    token: bool,
    /// What the client calls the server
    #[arg(long, default_value = "aws", value_parser = server_name)]
    name: String,
    /// The port of the redirect URI, where the client lets one choose
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    callback_port: u16,
    /// Print the first snippet alone, to be written to a file
    #[arg(long)]
    bare: bool,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

/// Who connects.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Client {
    ClaudeCode,
    ClaudeDesktop,
    Cursor,
    #[value(name = "vscode")]
    VsCode,
    Kiro,
    Inspector,
}

impl ClientConfig {
    /// # Errors
    /// [`Failure`] where there is no URL to connect to.
    pub fn run(&self) -> Result<Connected, Failure> {
        let (url, scopes) = match &self.url {
            Some(url) => (url.clone(), Vec::new()),
            None => self.configured()?,
        };
        let sign_in = match &self.client_id {
            _ if self.token => SignIn::Token,
            Some(id) => SignIn::ClientId(id.clone()),
            None => SignIn::Registers,
        };
        let connection =
            Connection { url, name: self.name.clone(), sign_in, callback_port: self.callback_port, scopes };
        let instructions = clients::instructions(self.client, &connection);
        Ok(Connected { client: self.client, url: connection.url, instructions, bare: self.bare })
    }

    /// The URL, and the scopes that the metadata announces.
    fn configured(&self) -> Result<(String, Vec<String>), Failure> {
        let snapshot = self.configuration.read()?;
        let config = self.configuration.load(&snapshot).map_err(ConfigError::from)?;
        let oidc = config.oidc;
        let scopes =
            if oidc.scopes_supported.is_empty() { oidc.required_scopes } else { oidc.scopes_supported };
        Ok((config.resource.url, scopes))
    }
}

/// What to do to connect.
pub struct Connected {
    client: Client,
    url: String,
    instructions: Instructions,
    bare: bool,
}

impl Report for Connected {
    fn verdict(&self) -> Verdict {
        Verdict::Fine
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Instructions { blocks, notes } = &self.instructions;
        if let (true, Some(block)) = (self.bare, blocks.first()) {
            return writeln!(out, "{}", block.text);
        }
        for (index, Block { place, text }) in blocks.iter().enumerate() {
            let gap = if index > 0 { "\n" } else { "" };
            writeln!(out, "{gap}{STRONG}{place}{STRONG:#}\n\n{text}")?;
        }
        if !notes.is_empty() {
            writeln!(out)?;
        }
        for note in notes {
            writeln!(out, "- {note}")?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let Instructions { blocks, notes } = &self.instructions;
        let snippets: Vec<Value> =
            blocks.iter().map(|Block { place, text }| json!({ "place": place, "text": text })).collect();
        let client = self.client.to_possible_value().map(|value| value.get_name().to_owned());
        json!({ "client": client, "url": self.url, "snippets": snippets, "notes": notes })
    }
}

fn server_name(text: &str) -> Result<String, String> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !text.is_empty() && !text.starts_with('-') && text.bytes().all(is_word) {
        return Ok(text.to_owned());
    }
    Err("write letters, digits, - and _".to_owned())
}

fn printable(text: &str) -> Result<String, String> {
    if !text.is_empty() && !text.starts_with('-') && !text.contains(char::is_control) {
        return Ok(text.to_owned());
    }
    Err("write the id as the identity provider shows it".to_owned())
}
