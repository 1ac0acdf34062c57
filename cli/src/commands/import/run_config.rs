//! RunConfig, what `thv export` writes and the operator hands to its proxies.

use rolecall_core::audit::{EventType, MAX_DATA_CHARS};
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
    let is_true = |key: &str| fields.take(key) == Some(&Value::Bool(true));
    let (include_request_data, include_response_data) =
        (is_true("includeRequestData"), is_true("includeResponseData"));
    // ToolHive's limit is in bytes and may be larger than ours, which is in characters.
    let max_data_size = fields.take("maxDataSize").and_then(Value::as_u64).filter(|size| *size > 0);
    let max_data_size = max_data_size.map(|size| size.min(MAX_DATA_CHARS as u64));
    if fields.take("detectApplicationErrors") == Some(&Value::Bool(false)) {
        draft.lose(
            fields.at("detectApplicationErrors"),
            "errors inside answers are always told from successes",
        );
    }
    let only = event_types(&fields, "eventTypes", draft);
    if only.is_empty() && !fields.texts("eventTypes").is_empty() {
        draft.lose(fields.at("eventTypes"), "none of them is left, so lines of all types are written");
    }
    let never = event_types(&fields, "excludeEventTypes", draft);
    fields.finish(draft);
    // The section is there only where audit is on.
    Audit {
        enabled: true,
        event_types: only,
        exclude_event_types: never,
        include_request_data,
        include_response_data,
        max_data_size,
    }
}

/// The names that are known here.
fn event_types(fields: &Fields<'_>, key: &str, draft: &mut Draft) -> Vec<String> {
    let (known, unknown): (Vec<String>, Vec<String>) =
        fields.texts(key).into_iter().partition(|name| EventType::NAMES.contains(&name.as_str()));
    for name in unknown {
        draft.lose(fields.at(key), format!("{name:?} is not an event type here"));
    }
    known
}
