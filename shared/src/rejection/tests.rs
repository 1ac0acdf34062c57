//! The whole table of refusals as a client sees it.

use std::{collections::BTreeSet, fmt::Write};

use super::*;
use crate::{
    audit::{ApplicationError, CLIENT_DISCONNECTED, GATEWAY_STOPPED},
    authenticate::Algorithm,
    authorize::DenialCause,
    mcp::Message,
    role::ClaimShape,
};

fn all() -> Vec<Rejection> {
    let token = [
        TokenError::Missing,
        TokenError::Repeated,
        TokenError::TooLarge { limit: 16384 },
        TokenError::NotAJwt,
        TokenError::AlgorithmNotAllowed { allowed: vec![Algorithm::Rs256, Algorithm::Es256] },
        TokenError::CriticalHeader,
        TokenError::Claim { claim: "sub", problem: "missing" },
        TokenError::WrongIssuer,
        TokenError::WrongAudience { expected: vec!["aws-mcp".into(), "aws".into()] },
        TokenError::Expired,
        TokenError::NotYetValid,
        TokenError::IssuedInFuture,
        TokenError::UnknownKey,
        TokenError::WeakKey,
        TokenError::BadSignature,
        TokenError::ClientNotAllowed,
        TokenError::InsufficientScope { required: vec!["aws".into(), "mcp".into()] },
        TokenError::KeysUnavailable,
    ];
    let sts =
        [StsFailure::Denied, StsFailure::TokenRejected, StsFailure::Misconfigured, StsFailure::Unavailable];
    let mut all: Vec<Rejection> = token.into_iter().map(Rejection::from).collect();
    all.extend(sts.map(Rejection::from));
    all.extend(unreadable().map(Rejection::from));
    all.extend(denials().map(|denial| Rejection::Policy { denial, status: DenyStatus::Forbidden }));
    all.push(Rejection::Policy { denial: DenialCause::NotPermitted.into(), status: DenyStatus::Ok });
    all.extend([
        OriginRefused::NotAllowed.into(),
        HostRefused::NotAllowed.into(),
        RoleError::NoRole.into(),
        RoleError::RoleClaimInvalid { claim: "groups".into(), shape: "an object" }.into(),
        TagError::TooMany { count: 51 }.into(),
        TagError::Key { problem: "is empty" }.into(),
        TagError::Value { key: "Team".into(), problem: "has more than 256 characters" }.into(),
        TagError::Twice { key: "Team".into() }.into(),
        TagError::TransitiveWithoutTag.into(),
        TagError::Shape { claim: "transitive_tag_keys", expected: "a list of texts" }.into(),
        TagError::Claim { key: "Team".into(), claim: "groups".into(), shape: "an object" }.into(),
        MetaError::NotJson.into(),
        Rejection::Unreadable("the Lambda event is not an HTTP request of a known kind"),
        Rejection::NotFound { mcp_path: "/mcp".into() },
        Rejection::MethodNotAllowed { allow: "GET, POST, DELETE, OPTIONS" },
        Rejection::PayloadTooLarge { limit: 6_291_456 },
        Rejection::UpstreamRejectedCredentials,
        Rejection::UpstreamUnavailable,
        Rejection::AnswerWithheld(Unreadable::DuplicateKey),
        Rejection::ToolsUnlisted(Unreadable::Refused),
        Rejection::SessionEnded,
        Rejection::UpstreamTimeout,
        Rejection::Deadline,
        Rejection::Internal,
    ]);
    all
}

fn unreadable() -> [InvalidRequest; 12] {
    [
        InvalidRequest::UnexpectedBody,
        InvalidRequest::MediaType,
        InvalidRequest::ByteOrderMark,
        InvalidRequest::Json(JsonError::NotJson),
        InvalidRequest::Json(JsonError::DuplicateKey),
        InvalidRequest::Json(JsonError::TooDeep),
        InvalidRequest::Json(JsonError::TooManyValues),
        InvalidRequest::Batch,
        InvalidRequest::NotAMessage("`jsonrpc` is not \"2.0\""),
        InvalidRequest::LookAlike("method"),
        InvalidRequest::Params("name", "text"),
        InvalidRequest::HeaderMismatch("Mcp-Method"),
    ]
}

fn denials() -> [Denial; 7] {
    let policies = || vec!["read-only".to_owned()];
    [
        DenialCause::NotPermitted,
        DenialCause::Forbidden { policies: policies(), reason: None },
        DenialCause::Forbidden { policies: policies(), reason: Some("deletions go through tickets".into()) },
        DenialCause::ForbidFailed { policies: policies() },
        DenialCause::GroupsUnreadable { claim: "groups".into(), shape: ClaimShape::Object },
        DenialCause::NarrowedTwice { policies: policies() },
        DenialCause::NarrowedTooFar { policies: policies() },
    ]
    .map(Denial::from)
}

#[test]
fn every_refusal_names_reason_status_and_remedy() {
    let table = all().iter().fold(String::new(), |mut table, rejection| {
        let Row { reason, status, code, challenge, retry_after } = rejection.row();
        let status = status.as_u16();
        let retry = retry_after.map(|seconds| format!(" retry-after={seconds}")).unwrap_or_default();
        writeln!(table, "{status} {reason} {code} challenge={challenge:?}{retry}\n    {rejection}").unwrap();
        table
    });
    insta::assert_snapshot!(table);
}

#[test]
fn codes_keep_out_of_the_ranges_that_others_define() {
    for rejection in all() {
        let code = rejection.row().code;
        let is_reserved = (-32768..=-32000).contains(&code);
        assert!(
            !is_reserved || matches!(code, -32700 | -32600 | -32603 | -32020),
            "{rejection:?} has {code}"
        );
    }
}

#[test]
fn only_a_waiting_request_gets_json_rpc_and_never_for_what_a_sign_in_cures() {
    let body = br#"{"jsonrpc":"2.0","id":"a\u0062","method":"ping"}"#;
    let message = Message::peek(body);
    let rpc_id = message.request_id();
    for rejection in all() {
        let text = |rpc_id| {
            let refusal = Refusal { rejection: &rejection, request_id: "r-1", rpc_id };
            String::from_utf8(refusal.body(None)).unwrap()
        };
        let status = rejection.row().status.as_u16();
        let is_rpc = text(rpc_id).starts_with(r#"{"jsonrpc":"2.0","id":"a\u0062","error":{"code":"#);
        let is_policy = matches!(rejection, Rejection::Policy { .. });
        assert_eq!(is_rpc, is_policy || matches!(status, 400 | 413 | 500..), "{status} {rejection:?}");
        let plain = format!(r#"{{"error":"{}","error_description":"#, rejection.row().reason);
        assert!(text(None).starts_with(&plain), "{}", text(None));
    }
}

#[test]
fn a_denial_names_its_policies_to_the_waiting_request() {
    let message = Message::peek(br#"{"jsonrpc":"2.0","id":7,"method":"tools/call"}"#);
    let denial =
        DenialCause::Forbidden { policies: vec!["a".into(), "b".into()], reason: Some("no".into()) }.into();
    let rejection = Rejection::Policy { denial, status: DenyStatus::Forbidden };
    let refusal = Refusal { rejection: &rejection, request_id: "r-1", rpc_id: message.request_id() };
    let expected = r#"{"jsonrpc":"2.0","id":7,"error":{"code":-31009,"message":"a policy forbids this call: no","data":{"reason":"policy_denied","requestId":"r-1","policies":["a","b"]}}}"#;
    assert_eq!(String::from_utf8(refusal.body(None)).unwrap(), expected);
}

/// `reason` of an audit line: a row of the table, what an answer holds inside, or how a request ended unanswered.
#[test]
fn the_published_audit_schema_has_the_reasons_that_there_are() {
    let schema = include_str!("../../../docs/audit.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let listed = schema.pointer("/properties/reason/enum").and_then(|listed| listed.as_array()).unwrap();
    let listed: BTreeSet<&str> = listed.iter().filter_map(|reason| reason.as_str()).collect();
    let rows = all().into_iter().map(|rejection| rejection.row().reason);
    let answers = [ApplicationError::JsonRpc, ApplicationError::Tool].map(ApplicationError::reason);
    let unanswered = [CLIENT_DISCONNECTED, GATEWAY_STOPPED];
    assert_eq!(listed, rows.chain(answers).chain(unanswered).collect());
}
