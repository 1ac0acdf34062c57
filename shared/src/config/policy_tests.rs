//! Files of policy tests: what an operator expects policies to decide, row by row.
//!
//! They are read as strictly as `gateway.yaml`; a row that says nothing cannot pass. `${…}` in them is text.

use std::net::IpAddr;

use serde_json::{Map, Value as Json, json};

use super::{
    field::Field,
    finding::{Findings, Report},
    json::to_json,
    keys::{POLICY_TEST, POLICY_TEST_REQUEST, POLICY_TESTS},
    node::Value,
    prepare,
    section::Section,
    yaml,
};
use crate::{
    authenticate::Claims,
    authorize::Annotations,
    mcp::{Message, Target, method},
    role::RoleArn,
};

/// The role of rows that name none.
pub const DEFAULT_ROLE: &str = "arn:aws:iam::111122223333:role/PolicyTest";
/// The host of the MCP server in files that name none.
pub const DEFAULT_SERVER: &str = "aws-mcp.us-east-1.api.aws";

/// A file of tests.
#[derive(Debug)]
pub struct PolicyTests {
    /// As `authorization.groupsClaim`; `groups` unless written.
    pub groups_claim: String,
    /// What splits a text in it, as `awsSts.roleClaimSeparator`.
    pub groups_separator: Option<String>,
    /// The host behind the gateway.
    pub server: String,
    /// The rows.
    pub tests: Vec<PolicyTest>,
}

/// One row.
#[derive(Debug)]
pub struct PolicyTest {
    /// What it is about.
    pub name: String,
    /// Its line in the file, from 1.
    pub line: u64,
    /// Of the token.
    pub claims: Claims,
    /// Of the session.
    pub role: RoleArn,
    /// Of the client.
    pub source_ip: Option<IpAddr>,
    /// The JSON-RPC message.
    pub body: String,
    /// What the MCP server says of the tool that is called.
    pub annotations: Option<Annotations>,
    /// What must come of it.
    pub expected: Expected,
    /// Ids of the policies that must have determined it, sorted, where they are written.
    pub policies: Option<Vec<String>>,
    /// The `@reason` that the user must be told, where it is written.
    pub reason: Option<String>,
}

/// A decision on a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Policies permit it.
    Allow,
    /// They deny it.
    Deny,
    /// They are not asked.
    Pass,
}

impl Expected {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Pass => "pass",
        }
    }
}

/// Reads a file of policy tests; `file` is the name that messages give it.
///
/// # Errors
/// Every mistake in it.
pub fn load_policy_tests(source: &str, file: &str) -> Result<PolicyTests, Findings> {
    let report = Report::new(file);
    let root = yaml::parse(source, &report).map(|mut root| {
        prepare::check_keys(&mut root, &report);
        root
    });
    let tests = root.and_then(|root| read(&Field::new(&report, String::new(), &root)));
    report.conclude(tests)
}

fn read(root: &Field<'_>) -> Option<PolicyTests> {
    let root = root.section(&POLICY_TESTS);
    let groups_claim = root.text_or("groupsClaim", "groups");
    let groups_separator = root.text("groupsSeparator").map(str::to_owned);
    let server = root.text_or("server", DEFAULT_SERVER);
    let remedy = "write a list of tests, each with name, claims, request and decision";
    let field = root.required("tests", remedy)?;
    if field.is_empty_list() {
        field.reject("has no element", remedy);
    }
    let tests = field.elements().iter().filter_map(test).collect();
    Some(PolicyTests { groups_claim, groups_separator, server, tests })
}

fn test(item: &Field<'_>) -> Option<PolicyTest> {
    let test = item.section(&POLICY_TEST);
    let name = test.required("name", "say in a few words what this row shows").and_then(|field| field.text());
    let claims = claims(&test);
    let role = match test.get("role") {
        Some(field) => role(&field),
        None => DEFAULT_ROLE.parse().ok(),
    };
    let source_ip = test.get("sourceIp").map(|field| address(&field));
    let request = test
        .required("request", "write the call, for example {tool: aws___list_regions}")
        .and_then(|field| request(&field));
    let annotations = match test.get("annotations") {
        Some(field) => annotations(&field, request.as_deref()).map(Some),
        None => Some(None),
    };
    let expected = test.required("decision", "write allow, deny or pass").and_then(|field| decision(&field));
    let policies = test.get("policies").map(|field| ids(&field));
    let reason = test.text("reason").map(str::to_owned);
    Some(PolicyTest {
        name: name?.to_owned(),
        line: item.line(),
        claims: claims?,
        role: role?,
        source_ip: match source_ip {
            Some(address) => Some(address?),
            None => None,
        },
        body: request?,
        annotations: annotations?,
        expected: expected?,
        policies,
        reason,
    })
}

fn claims(test: &Section<'_>) -> Option<Claims> {
    let field =
        test.required("claims", "write the token's claims, for example {sub: alice, groups: [readers]}")?;
    let claims = Claims::new(object(&field)?);
    if claims.required_text("sub").is_err() {
        field.reject("has no `sub`, without which no token is accepted", "write sub: <who calls>");
        return None;
    }
    Some(claims)
}

fn role(field: &Field<'_>) -> Option<RoleArn> {
    let arn = field.text()?.parse().ok();
    if arn.is_none() {
        field.refuse("is not an IAM role ARN", "write arn:aws:iam::<12-digit account>:role/<name>");
    }
    arn
}

fn address(field: &Field<'_>) -> Option<IpAddr> {
    let address = field.text()?.parse().ok();
    if address.is_none() {
        field.refuse("is not an IP address", "write one address, for example 203.0.113.7");
    }
    address
}

fn decision(field: &Field<'_>) -> Option<Expected> {
    let text = field.text()?;
    let known =
        [Expected::Allow, Expected::Deny, Expected::Pass].into_iter().find(|one| one.as_str() == text);
    if known.is_none() {
        field.refuse(
            "is not a decision",
            "write allow, deny, or pass where policies are not asked, as for initialize",
        );
    }
    known
}

fn ids(field: &Field<'_>) -> Vec<String> {
    let mut ids: Vec<String> =
        field.elements().iter().filter_map(|item| item.text().map(str::to_owned)).collect();
    ids.sort_unstable();
    ids
}

/// The message, from whichever form it is written in.
fn request(field: &Field<'_>) -> Option<String> {
    let request = field.section(&POLICY_TEST_REQUEST);
    let text = |key: &str| request.get(key).map(|field| field.text().map(str::to_owned));
    let given = [text("method"), text("tool"), text("prompt"), text("resource")];
    let (params, arguments) = (request.get("params"), request.get("arguments"));
    let (params, arguments) = (params.as_ref().map(object), arguments.as_ref().map(object));
    let (method, params) = match given {
        [Some(method), None, None, None] if arguments.is_none() => (method?, params.unwrap_or_default()),
        [None, Some(tool), None, None] if params.is_none() => {
            (method::TOOLS_CALL.to_owned(), Some(named("name", tool?, arguments)?))
        }
        [None, None, Some(prompt), None] if params.is_none() => {
            (method::PROMPTS_GET.to_owned(), Some(named("name", prompt?, arguments)?))
        }
        [None, None, None, Some(uri)] if params.is_none() && arguments.is_none() => {
            (method::RESOURCES_READ.to_owned(), Some(named("uri", uri?, None)?))
        }
        _ => {
            field.reject(
                "is none of the forms of a request",
                "write {tool: …, arguments: {…}}, {prompt: …, arguments: {…}}, {resource: <uri>}, or {method: …, params: {…}}",
            );
            return None;
        }
    };
    let mut message = json!({"jsonrpc": "2.0", "id": 1, "method": method});
    if let (Some(params), Some(message)) = (params, message.as_object_mut()) {
        message.insert("params".to_owned(), Json::Object(params));
    }
    Some(message.to_string())
}

/// Those of the tool that the message `request` calls; `None` where the message itself is a mistake.
fn annotations(field: &Field<'_>, request: Option<&str>) -> Option<Annotations> {
    let annotations = Json::Object(object(field)?).to_string();
    let message = Message::peek(request?.as_bytes());
    let tool = match &message {
        Message::Request(request) => request.target.as_ref(),
        _ => None,
    };
    if !matches!(tool, Some(Target::Tool(_))) {
        field.reject(
            "belongs to no tool: the request is no tools/call",
            "leave it out, or write request: {tool: …}",
        );
        return None;
    }
    let read = Annotations::read(&annotations);
    if let Err(error) = &read {
        field.reject(
            format!("cannot be annotations: it {error}"),
            "write what the server's tools/list has for the tool",
        );
    }
    read.ok()
}

fn named(key: &str, name: String, arguments: Option<Option<Map<String, Json>>>) -> Option<Map<String, Json>> {
    let mut params = Map::from_iter([(key.to_owned(), Json::String(name))]);
    if let Some(arguments) = arguments {
        params.insert("arguments".to_owned(), Json::Object(arguments?));
    }
    Some(params)
}

fn object(field: &Field<'_>) -> Option<Map<String, Json>> {
    if !matches!(field.node().value, Value::Mapping(_)) {
        field.refuse("is not a mapping", "write `name: value` pairs");
        return None;
    }
    match to_json(field.node())? {
        Json::Object(object) => Some(object),
        _ => None,
    }
}

#[cfg(test)]
#[path = "policy_tests_tests.rs"]
mod tests;
