//! The strict reading of a message that policies judge: whatever another parser could take for something else is refused.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};

use super::{Json, JsonError, json::look_alike};
use crate::mcp::{Target, method};

/// A message, read strictly.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// No message: GET and DELETE have no body.
    Nothing,
    /// A request or a notification.
    Call(Call<'a>),
    /// A response to a request of the server.
    Response,
}

/// A request or a notification.
#[derive(Debug, PartialEq, Eq)]
pub struct Call<'a> {
    method: Cow<'a, str>,
    target: Option<Target<'a>>,
    params: Option<Json<'a>>,
}

/// Why a message is refused. The client must send another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// A body where none belongs.
    #[error("this method takes no body; send the message with POST")]
    UnexpectedBody,
    /// Absent, repeated, or another one; or a charset other than UTF-8.
    #[error("the request's Content-Type is not application/json in UTF-8; send one JSON-RPC message as such")]
    MediaType,
    /// RFC 8259 section 8.1 forbids it, and not every parser skips it.
    #[error("the request body starts with a byte order mark; send JSON without one")]
    ByteOrderMark,
    /// JSON that cannot be read, or in two ways.
    #[error("the request body {0}; send one JSON-RPC message")]
    Json(#[from] JsonError),
    /// A JSON array.
    #[error("the request body is a JSON-RPC batch; send one message per request")]
    Batch,
    /// Neither request, notification nor response.
    #[error("the request body is not a JSON-RPC 2.0 message: {0}")]
    NotAMessage(&'static str),
    /// A member that some parsers take for another one.
    #[error("the request body has a key that differs from `{0}` in case only; send it as `{0}`")]
    LookAlike(&'static str),
    /// A method without what it acts on.
    #[error("`params.{0}` is missing or not {1}")]
    Params(&'static str, &'static str),
    /// MCP 2026-07-28, "Streamable HTTP", header validation.
    #[error("the {0} header says something else than the request body; send the same in both")]
    HeaderMismatch(&'static str),
}

const ENVELOPE: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];
const PARAMS: [&str; 5] = ["name", "arguments", "uri", "ref", "argument"];

impl<'a> Incoming<'a> {
    /// Reads a request to the endpoint.
    ///
    /// # Errors
    /// [`InvalidRequest`].
    pub fn read(method: &Method, headers: &HeaderMap, body: &'a [u8]) -> Result<Self, InvalidRequest> {
        if method != Method::POST {
            return if body.is_empty() { Ok(Self::Nothing) } else { Err(InvalidRequest::UnexpectedBody) };
        }
        check_media_type(headers)?;
        let text = std::str::from_utf8(body).map_err(|_| JsonError::NotJson)?;
        if text.starts_with('\u{feff}') {
            return Err(InvalidRequest::ByteOrderMark);
        }
        let message = message(Json::read(text)?)?;
        check_headers(headers, &message)?;
        Ok(message)
    }
}

impl<'a> Call<'a> {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// What it acts on.
    #[must_use]
    pub fn target(&self) -> Option<&Target<'a>> {
        self.target.as_ref()
    }

    /// `params.arguments`, where it is an object.
    #[must_use]
    pub fn arguments(&self) -> Option<&Json<'a>> {
        self.params.as_ref()?.get("arguments").filter(|arguments| matches!(arguments, Json::Object(_)))
    }
}

fn message(json: Json<'_>) -> Result<Incoming<'_>, InvalidRequest> {
    let members = match json {
        Json::Object(members) => members,
        Json::List(_) => return Err(InvalidRequest::Batch),
        _ => return Err(InvalidRequest::NotAMessage("it is no object")),
    };
    check_look_alikes(&members, &ENVELOPE)?;
    let (mut version, mut id, mut method, mut params, mut answers) = (None, None, None, None, false);
    for (key, value) in members {
        match key.as_ref() {
            "jsonrpc" => version = Some(value),
            "id" => id = Some(value),
            "method" => method = Some(value),
            "params" => params = Some(value),
            "result" | "error" => answers = true,
            _ => {}
        }
    }
    if version.as_ref().and_then(Json::as_text) != Some("2.0") {
        return Err(InvalidRequest::NotAMessage("`jsonrpc` is not \"2.0\""));
    }
    if !matches!(id, None | Some(Json::Text(_) | Json::Number(_))) {
        return Err(InvalidRequest::NotAMessage("`id` is neither text nor a number"));
    }
    match (method, answers) {
        (None, true) => Ok(Incoming::Response),
        (Some(Json::Text(method)), false) => call(method, params).map(Incoming::Call),
        (Some(_), false) => Err(InvalidRequest::NotAMessage("`method` is not text")),
        (Some(_), true) => Err(InvalidRequest::NotAMessage("it has both a method and a result")),
        (None, false) => Err(InvalidRequest::NotAMessage("it has neither `method`, `result` nor `error`")),
    }
}

fn call<'a>(method: Cow<'a, str>, params: Option<Json<'a>>) -> Result<Call<'a>, InvalidRequest> {
    if !matches!(params, None | Some(Json::Object(_))) {
        return Err(InvalidRequest::NotAMessage("`params` is not an object"));
    }
    if let Some(params) = &params {
        check_look_alikes(params.members(), &PARAMS)?;
    }
    let target = target(&method, params.as_ref())?;
    Ok(Call { method, target, params })
}

fn target<'a>(method: &str, params: Option<&Json<'a>>) -> Result<Option<Target<'a>>, InvalidRequest> {
    let text = |name: &'static str| match params.and_then(|params| params.get(name)) {
        Some(Json::Text(text)) => Ok(text.clone()),
        _ => Err(InvalidRequest::Params(name, "text")),
    };
    let arguments_are_an_object = || match params.and_then(|params| params.get("arguments")) {
        None | Some(Json::Null | Json::Object(_)) => Ok(()),
        Some(_) => Err(InvalidRequest::Params("arguments", "an object")),
    };
    match method {
        method::TOOLS_CALL => {
            arguments_are_an_object()?;
            text("name").map(Target::Tool).map(Some)
        }
        method::PROMPTS_GET => {
            arguments_are_an_object()?;
            text("name").map(Target::Prompt).map(Some)
        }
        method::RESOURCES_READ | method::RESOURCES_SUBSCRIBE | method::RESOURCES_UNSUBSCRIBE => {
            text("uri").map(Target::Resource).map(Some)
        }
        method::COMPLETION_COMPLETE => reference(params).map(Some),
        _ => Ok(None),
    }
}

/// `params.ref` of `completion/complete`.
fn reference<'a>(params: Option<&Json<'a>>) -> Result<Target<'a>, InvalidRequest> {
    let missing = InvalidRequest::Params("ref", "a reference to a prompt or a resource template");
    let reference = params.and_then(|params| params.get("ref")).ok_or(missing)?;
    check_look_alikes(reference.members(), &["type", "name", "uri"])?;
    match (reference.get("type"), reference.get("name"), reference.get("uri")) {
        (Some(Json::Text(kind)), Some(Json::Text(name)), _) if kind == "ref/prompt" => {
            Ok(Target::Prompt(name.clone()))
        }
        (Some(Json::Text(kind)), _, Some(Json::Text(uri))) if kind == "ref/resource" => {
            Ok(Target::Resource(uri.clone()))
        }
        _ => Err(missing),
    }
}

fn check_look_alikes(
    members: &[(Cow<'_, str>, Json<'_>)],
    names: &[&'static str],
) -> Result<(), InvalidRequest> {
    match look_alike(members.iter().map(|(key, _)| key.as_ref()), names) {
        Some(name) => Err(InvalidRequest::LookAlike(name)),
        None => Ok(()),
    }
}

fn check_media_type(headers: &HeaderMap) -> Result<(), InvalidRequest> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(InvalidRequest::MediaType) };
    let mut parts = value.to_str().map_err(|_| InvalidRequest::MediaType)?.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let mut charsets = parts.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    let is_utf8 = charsets.all(|charset| charset.eq_ignore_ascii_case("utf-8"));
    if is_json && is_utf8 { Ok(()) } else { Err(InvalidRequest::MediaType) }
}

fn check_headers(headers: &HeaderMap, message: &Incoming<'_>) -> Result<(), InvalidRequest> {
    let (method, target) = match message {
        Incoming::Call(call) => (Some(call.method()), call.target().map(Target::as_str)),
        Incoming::Response | Incoming::Nothing => (None, None),
    };
    let agree = |name: &str, body: Option<&str>| {
        headers.get_all(name).iter().all(|value| body.is_some_and(|body| says(value, body)))
    };
    if !agree("mcp-method", method) {
        return Err(InvalidRequest::HeaderMismatch("Mcp-Method"));
    }
    // Methods that this version does not know may have names of their own.
    if target.is_some() && !agree("mcp-name", target) {
        return Err(InvalidRequest::HeaderMismatch("Mcp-Name"));
    }
    Ok(())
}

/// MCP 2026-07-28, "Streamable HTTP", value encoding: `=?base64?…?=` stands for text that a header cannot hold.
fn says(value: &HeaderValue, text: &str) -> bool {
    let value = value.as_bytes().trim_ascii();
    let encoded = value.strip_prefix(b"=?base64?").and_then(|rest| rest.strip_suffix(b"?="));
    match encoded {
        Some(encoded) => STANDARD.decode(encoded).is_ok_and(|decoded| decoded == text.as_bytes()),
        None => value == text.as_bytes(),
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
