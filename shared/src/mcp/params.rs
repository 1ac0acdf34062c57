//! The few members of a request's `params` that errors and the audit line name. Any of them may have any shape:
//! what is not what MCP says it is, or stands there twice, is simply not known.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ClientInfo, MessageTrace, Target, method};

/// `params`, read one level deep.
#[derive(Default, Deserialize)]
pub(super) struct Params<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    uri: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "ref")]
    reference: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "clientInfo")]
    client_info: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "_meta")]
    meta: Option<&'a RawValue>,
}

impl<'a> Params<'a> {
    /// Nothing known where `params` is absent, not an object or has one of these members twice.
    pub(super) fn read(raw: Option<&'a RawValue>) -> Self {
        raw.and_then(object).unwrap_or_default()
    }

    /// What `method` acts on.
    pub(super) fn target(&self, method: &str) -> Option<Target<'a>> {
        match method {
            method::TOOLS_CALL => self.name.and_then(text).map(Target::Tool),
            method::PROMPTS_GET => self.name.and_then(text).map(Target::Prompt),
            method::RESOURCES_READ | method::RESOURCES_SUBSCRIBE | method::RESOURCES_UNSUBSCRIBE => {
                self.uri.and_then(text).map(Target::Resource)
            }
            method::COMPLETION_COMPLETE => self.reference.and_then(object).and_then(Reference::target),
            _ => None,
        }
    }

    /// The revision the client speaks.
    pub(super) fn protocol_version(&self, method: &str) -> Option<Cow<'a, str>> {
        match self.protocol_version {
            Some(version) if method == method::INITIALIZE => text(version),
            _ => self.meta().protocol_version.and_then(text),
        }
    }

    /// The client's name for itself.
    pub(super) fn client(&self, method: &str) -> Option<ClientInfo<'a>> {
        let info = match self.client_info {
            Some(info) if method == method::INITIALIZE => info,
            _ => self.meta().client_info?,
        };
        let info: Implementation<'a> = object(info)?;
        Some(ClientInfo { name: info.name.and_then(text)?, version: info.version.and_then(text) })
    }

    /// The trace that the message belongs to.
    pub(super) fn trace(&self) -> Option<MessageTrace<'a>> {
        let meta = self.meta();
        Some(MessageTrace {
            traceparent: meta.traceparent.and_then(text)?,
            tracestate: meta.tracestate.and_then(text),
        })
    }

    fn meta(&self) -> Meta<'a> {
        self.meta.and_then(object).unwrap_or_default()
    }
}

/// A JSON string, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// `_meta` of MCP 2026-07-28.
#[derive(Default, Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default, rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "io.modelcontextprotocol/clientInfo")]
    client_info: Option<&'a RawValue>,
    #[serde(borrow, default)]
    traceparent: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tracestate: Option<&'a RawValue>,
}

/// `params.ref` of `completion/complete`.
#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    uri: Option<&'a RawValue>,
}

impl<'a> Reference<'a> {
    fn target(self) -> Option<Target<'a>> {
        match self.kind.and_then(text)?.as_ref() {
            "ref/prompt" => self.name.and_then(text).map(Target::Prompt),
            "ref/resource" => self.uri.and_then(text).map(Target::Resource),
            _ => None,
        }
    }
}

/// `clientInfo`.
#[derive(Deserialize)]
struct Implementation<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
}

/// `serde` would also read an array as a struct, member by member.
fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    raw.get().starts_with('{').then(|| serde_json::from_str(raw.get()).ok()).flatten()
}

fn text<'a>(raw: &'a RawValue) -> Option<Cow<'a, str>> {
    serde_json::from_str::<Text<'a>>(raw.get()).ok().map(|text| text.0)
}
