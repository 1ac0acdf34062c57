//! Custom resources of ToolHive's operator, v1alpha1 and v1beta1.

use serde_json::Value;

use super::{
    aws_sts,
    draft::{Audit, Draft, Note},
    fields::Fields,
    oidc,
};

const PROXY: &str = "MCPRemoteProxy";
const AUTH: &str = "MCPExternalAuthConfig";
const OIDC: &str = "MCPOIDCConfig";
/// A list of lists is nothing that kubectl prints.
const MAX_NESTED_LISTS: usize = 3;

struct Resource<'a> {
    kind: &'a str,
    name: &'a str,
    spec: &'a Value,
}

impl<'a> Resource<'a> {
    fn at(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }

    fn fields(&self) -> Option<Fields<'a>> {
        Fields::new(self.spec, format!("{} spec", self.at()))
    }

    fn is_aws_sts(&self) -> bool {
        self.kind == AUTH && self.spec.get("awsSts").is_some()
    }
}

/// Carries one proxy over, with what it refers to; `false` where there is nothing of ToolHive's.
pub(super) fn read(documents: &[Value], wanted: Option<&str>, draft: &mut Draft) -> bool {
    let mut resources = Vec::new();
    collect(documents, 0, &mut resources);
    let known: Vec<&Resource<'_>> =
        resources.iter().filter(|resource| [PROXY, AUTH, OIDC].contains(&resource.kind)).collect();
    let proxy = chosen_proxy(&known, wanted);
    let auth = match proxy {
        Some(proxy) => proxy_settings(proxy, &known, draft),
        None => known.iter().copied().find(|resource| resource.is_aws_sts()),
    };
    if let Some(auth) = auth {
        external_auth(auth, draft);
    }
    for other in &resources {
        let is_read = |read: Option<&Resource<'_>>| read.is_some_and(|read| std::ptr::eq(read, other));
        match other.kind {
            PROXY if !is_read(proxy) => {
                draft.lose(other.at(), "a gateway has one upstream: import it on its own with --proxy");
            }
            AUTH if !is_read(auth) => draft.lose(other.at(), "no proxy that is imported refers to it"),
            PROXY | AUTH | OIDC => {}
            _ => draft.dropped.push(Note { at: other.at(), what: "is about running ToolHive".to_owned() }),
        }
    }
    proxy.is_some() || auth.is_some()
}

fn collect<'a>(documents: &'a [Value], depth: usize, resources: &mut Vec<Resource<'a>>) {
    for document in documents {
        if let (Some(items), true) =
            (document.get("items").and_then(Value::as_array), depth < MAX_NESTED_LISTS)
        {
            collect(items, depth + 1, resources);
            continue;
        }
        let text = |value: Option<&'a Value>| value.and_then(Value::as_str);
        let Some(kind) = text(document.get("kind")) else { continue };
        let name = text(document.pointer("/metadata/name")).unwrap_or("unnamed");
        resources.push(Resource { kind, name, spec: document.get("spec").unwrap_or(&Value::Null) });
    }
}

/// The proxy of that name; without one, a proxy that exchanges tokens at STS before any other.
fn chosen_proxy<'r, 'a>(resources: &[&'r Resource<'a>], wanted: Option<&str>) -> Option<&'r Resource<'a>> {
    let mut proxies = resources.iter().copied().filter(|resource| resource.kind == PROXY);
    if let Some(name) = wanted {
        return proxies.find(|proxy| proxy.name == name);
    }
    let exchanges = |proxy: &&Resource<'_>| {
        let name = proxy.spec.pointer("/externalAuthConfigRef/name").and_then(Value::as_str);
        resources.iter().any(|resource| resource.is_aws_sts() && Some(resource.name) == name)
    };
    let first = proxies.clone().next();
    proxies.find(exchanges).or(first)
}

/// Carries the proxy's own settings over; returns the exchange that it refers to.
fn proxy_settings<'r, 'a>(
    proxy: &'r Resource<'a>,
    resources: &[&'r Resource<'a>],
    draft: &mut Draft,
) -> Option<&'r Resource<'a>> {
    let spec = proxy.fields()?;
    draft.upstream_url = oidc::address(&spec, "remoteUrl", draft);
    if spec.take("transport").is_some_and(|transport| transport == "sse") {
        draft.lose(
            spec.at("transport"),
            "the transport of HTTP with SSE is gone; the upstream must speak streamable HTTP",
        );
    }
    draft.audit = spec.object("audit").map(|audit| {
        let enabled = audit.take("enabled") == Some(&Value::Bool(true));
        audit.finish(draft);
        Audit { enabled, ..Audit::default() }
    });
    shared_oidc(&spec, resources, draft);
    inline_oidc(&spec, draft);
    let auth = spec.object("externalAuthConfigRef").and_then(|reference| {
        let name = reference.text("name", draft)?;
        let found = resources.iter().copied().find(|resource| resource.kind == AUTH && resource.name == name);
        if found.is_none() {
            draft.lose(reference.at("name"), format!("{AUTH}/{name} is not in the input"));
        }
        found
    });
    spec.finish(draft);
    auth
}

/// v1beta1: a resource of its own, with the audience in the reference.
fn shared_oidc(spec: &Fields<'_>, resources: &[&Resource<'_>], draft: &mut Draft) {
    let Some(reference) = spec.object("oidcConfigRef") else { return };
    let name = reference.text("name", draft).unwrap_or_default();
    let at = reference.at("name");
    oidc::read(reference, draft);
    let Some(shared) = resources.iter().find(|resource| resource.kind == OIDC && resource.name == name)
    else {
        return draft.lose(at, format!("{OIDC}/{name} is not in the input"));
    };
    let Some(fields) = shared.fields() else { return };
    if let Some(inline) = fields.object("inline") {
        oidc::read(inline, draft);
    }
    fields.finish(draft);
}

/// v1alpha1: in the proxy itself.
fn inline_oidc(spec: &Fields<'_>, draft: &mut Draft) {
    let Some(fields) = spec.object("oidcConfig") else { return };
    draft.resource_url = draft.resource_url.take().or(oidc::address(&fields, "resourceUrl", draft));
    if let Some(inline) = fields.object("inline") {
        oidc::read(inline, draft);
    }
    fields.finish(draft);
}

fn external_auth(auth: &Resource<'_>, draft: &mut Draft) {
    let Some(spec) = auth.fields() else { return };
    match spec.object("awsSts") {
        Some(sts) => aws_sts::read(sts, draft),
        None => draft.lose(auth.at(), "only type awsSts leads to AWS credentials"),
    }
    spec.finish(draft);
}
