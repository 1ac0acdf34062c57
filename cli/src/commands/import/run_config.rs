//! RunConfig, what `thv export` writes and the operator hands to its proxies.

use serde_json::Value;

use super::{
    aws_sts,
    draft::{Audit, Draft},
    fields::Fields,
    oidc,
};

/// Whether a document is one: it has no `kind`, and one of the keys that matter here.
pub(super) fn is_one(document: &Value) -> bool {
    let has = |key: &str| document.get(key).is_some();
    !has("kind") && (has("aws_sts_config") || has("schema_version") || has("remote_url"))
}

/// Carries it over.
pub(super) fn read(document: &Value, draft: &mut Draft) -> bool {
    let Some(run) = Fields::new(document, "RunConfig") else { return false };
    draft.upstream_url = oidc::address(&run, "remoteUrl", draft);
    if run.take("transport").is_some_and(|transport| transport != "streamable-http") {
        draft.lose(run.at("transport"), "the upstream must speak streamable HTTP");
    }
    if let Some(fields) = run.object("oidcConfig") {
        oidc::read(fields, draft);
    }
    if let Some(sts) = run.object("awsStsConfig") {
        // Whatever the middleware's own settings say was made of these keys.
        run.take("middlewareConfigs");
        aws_sts::read(sts, draft);
    }
    if let Some(fields) = run.object("auditConfig") {
        draft.audit = Some(audit(fields, draft));
    }
    run.finish(draft);
    true
}

fn audit(fields: Fields<'_>, draft: &mut Draft) -> Audit {
    fields.take("enabled");
    for key in ["includeRequestData", "includeResponseData"] {
        if fields.take(key).is_some() {
            draft.lose(fields.at(key), "bodies are not recorded by this version");
        }
    }
    fields.take("maxDataSize");
    let is_known = |name: &String| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let mut types = |key: &str| {
        let (known, unknown): (Vec<String>, Vec<String>) = fields.texts(key).into_iter().partition(is_known);
        for name in unknown {
            draft.lose(fields.at(key), format!("{name:?} is not an event type here"));
        }
        known
    };
    let (event_types, exclude_event_types) = (types("eventTypes"), types("excludeEventTypes"));
    fields.finish(draft);
    // The section is there only where audit is on.
    Audit { enabled: true, event_types, exclude_event_types }
}
