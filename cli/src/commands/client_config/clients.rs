//! One function a client.

use serde_json::{Value, json};

use super::{Client, json_text::json_text, shell::quoted};

/// Where to, and how a user proves who they are.
pub(super) struct Connection {
    pub(super) url: String,
    pub(super) name: String,
    pub(super) sign_in: SignIn,
    pub(super) callback_port: u16,
    /// Those of the metadata; empty where they are unknown.
    pub(super) scopes: Vec<String>,
}

/// How a user proves who they are.
pub(super) enum SignIn {
    /// With a client id that the identity provider knows.
    ClientId(String),
    /// The client registers itself with the identity provider.
    Registers,
    /// A token from elsewhere.
    Token,
}

/// What to paste, and what else to know.
pub(super) struct Instructions {
    pub(super) blocks: Vec<Block>,
    pub(super) notes: Vec<String>,
}

/// Text for one place.
pub(super) struct Block {
    pub(super) place: &'static str,
    pub(super) text: String,
}

const REGISTERS: &str = "without a client id the client registers by itself, which company identity providers rarely allow; see --client-id";
const TOKEN: &str = "the token works until it expires; the answer is then 401";

pub(super) fn instructions(client: Client, connection: &Connection) -> Instructions {
    let mut instructions = match client {
        Client::ClaudeCode => claude_code(connection),
        Client::ClaudeDesktop => return claude_desktop(connection),
        Client::Cursor => cursor(connection),
        Client::VsCode => vs_code(connection),
        Client::Kiro => kiro(connection),
        Client::Inspector => return inspector(connection),
    };
    match connection.sign_in {
        SignIn::Registers => instructions.notes.push(REGISTERS.to_owned()),
        SignIn::Token => instructions.notes.push(TOKEN.to_owned()),
        SignIn::ClientId(_) => {}
    }
    instructions
}

fn claude_code(connection: &Connection) -> Instructions {
    let Connection { url, name, callback_port, .. } = connection;
    let mut server = json!({ "type": "http", "url": url });
    let mut options = String::new();
    match &connection.sign_in {
        SignIn::ClientId(id) => {
            set(&mut server, "oauth", json!({ "clientId": id, "callbackPort": callback_port }));
            options = format!("--client-id {} --callback-port {callback_port} ", quoted(id));
        }
        SignIn::Registers => {}
        SignIn::Token => set(&mut server, "headers", bearer("${AWS_MCP_TOKEN}")),
    }
    let file = Block {
        place: ".mcp.json, to be shared with a repository",
        text: servers("mcpServers", connection, &server),
    };
    if let SignIn::Token = connection.sign_in {
        return Instructions { blocks: vec![file], notes: Vec::new() };
    }
    let command = Block {
        place: "in a shell",
        text: format!("claude mcp add --transport http {options}{name} {}", quoted(url)),
    };
    let notes = vec![
        "then `/mcp` inside Claude Code signs in".to_owned(),
        format!("the redirect URI is http://localhost:{callback_port}/callback"),
    ];
    Instructions { blocks: vec![command, file], notes }
}

fn claude_desktop(connection: &Connection) -> Instructions {
    let mut text = format!("Remote MCP server URL: {}", connection.url);
    let mut notes = vec![
        "register both redirect URIs: https://claude.ai/api/mcp/auth_callback and \
         https://claude.com/api/mcp/auth_callback"
            .to_owned(),
        "the connection comes from Anthropic's servers: the endpoint must be reachable from the internet"
            .to_owned(),
        "in a team, an owner adds the connector first".to_owned(),
    ];
    match &connection.sign_in {
        SignIn::ClientId(id) => text.push_str(&format!("\nAdvanced settings, OAuth Client ID: {id}")),
        SignIn::Registers => notes.push(REGISTERS.to_owned()),
        SignIn::Token => notes.push("it takes no token: it signs in".to_owned()),
    }
    Instructions {
        blocks: vec![Block { place: "Settings → Connectors → Add custom connector", text }],
        notes,
    }
}

fn cursor(connection: &Connection) -> Instructions {
    let mut server = json!({ "url": connection.url });
    match &connection.sign_in {
        SignIn::ClientId(id) => {
            set(&mut server, "auth", json!({ "CLIENT_ID": id, "scopes": scopes(connection) }));
        }
        SignIn::Registers => {}
        SignIn::Token => set(&mut server, "headers", bearer("${env:AWS_MCP_TOKEN}")),
    }
    let place = "~/.cursor/mcp.json, or .cursor/mcp.json in a project";
    let notes = match connection.sign_in {
        SignIn::Token => Vec::new(),
        _ => vec!["the redirect URI is cursor://anysphere.cursor-mcp/oauth/callback".to_owned()],
    };
    Instructions { blocks: vec![Block { place, text: servers("mcpServers", connection, &server) }], notes }
}

fn vs_code(connection: &Connection) -> Instructions {
    let mut server = json!({ "type": "http", "url": connection.url });
    let mut file = json!({});
    match &connection.sign_in {
        SignIn::ClientId(id) => set(&mut server, "oauth", json!({ "clientId": id })),
        SignIn::Registers => {}
        SignIn::Token => {
            let input = json!({ "type": "promptString", "id": "aws-mcp-token", "description": "Access token", "password": true });
            set(&mut file, "inputs", json!([input]));
            set(&mut server, "headers", bearer("${input:aws-mcp-token}"));
        }
    }
    set(&mut file, "servers", json!({ connection.name.as_str(): server }));
    let place = ".vscode/mcp.json, or the user's mcp.json";
    Instructions { blocks: vec![Block { place, text: json_text(&file) }], notes: Vec::new() }
}

fn kiro(connection: &Connection) -> Instructions {
    let mut server = json!({ "url": connection.url });
    let redirect = format!("127.0.0.1:{}", connection.callback_port);
    let mut notes = Vec::new();
    match &connection.sign_in {
        SignIn::ClientId(id) => {
            set(&mut server, "oauth", json!({ "clientId": id, "redirectUri": redirect }));
            set(&mut server, "oauthScopes", json!(scopes(connection)));
            notes.push(format!("the redirect URI is at {redirect}"));
        }
        SignIn::Registers => {}
        SignIn::Token => set(&mut server, "headers", bearer("${AWS_MCP_TOKEN}")),
    }
    let place = "~/.kiro/settings/mcp.json, or .kiro/settings/mcp.json in a workspace";
    Instructions { blocks: vec![Block { place, text: servers("mcpServers", connection, &server) }], notes }
}

fn inspector(connection: &Connection) -> Instructions {
    let text = format!(
        "mcp-inspector --cli {} --transport http \\\n  --header \"Authorization: Bearer $AWS_MCP_TOKEN\" \
         --stored-auth-only --format json --method tools/list",
        quoted(&connection.url)
    );
    let notes = vec![
        "it takes a token from the variable AWS_MCP_TOKEN; the command line does not sign in here".to_owned(),
        "it needs Node 22 or newer".to_owned(),
    ];
    Instructions { blocks: vec![Block { place: "in a shell", text }], notes }
}

fn servers(key: &str, connection: &Connection, server: &Value) -> String {
    json_text(&json!({ key: { connection.name.as_str(): server } }))
}

/// Asked for at sign-in; every provider of OpenID Connect knows `openid`.
fn scopes(connection: &Connection) -> Vec<&str> {
    if connection.scopes.is_empty() {
        vec!["openid"]
    } else {
        connection.scopes.iter().map(String::as_str).collect()
    }
}

fn bearer(variable: &str) -> Value {
    json!({ "Authorization": format!("Bearer {variable}") })
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(entries) = object {
        entries.insert(key.to_owned(), value);
    }
}
