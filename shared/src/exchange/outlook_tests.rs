use serde_json::{Value, json};

use super::*;
use crate::{
    authorize::Ruling,
    exchange::{SessionPolicies, TagSource, operation_for},
    role::RoleSession,
};

const NOW: u64 = 1_800_000_000;

fn sts(exchange: ExchangeMode) -> AwsSts {
    AwsSts {
        region: "us-east-1".to_owned(),
        service: "aws-mcp".to_owned(),
        exchange,
        role_claim: "groups".to_owned(),
        role_claim_separator: None,
        session_name_claim: "sub".to_owned(),
        session_duration: 3600,
        fallback_role_arn: Some("arn:aws:iam::111122223333:role/Default".parse().unwrap()),
        role_mappings: Vec::new(),
    }
}

fn said(claims: Value, form: Option<(&str, usize)>, sts: &AwsSts) -> Vec<Outlook> {
    let Value::Object(claims) = claims else { panic!("no claims") };
    let claims = Claims::new(claims);
    let session = RoleSession::of(&claims, "alice", sts, &mut |_, _| {}).unwrap();
    let ruling = Ruling::without_policies(&SessionPolicies::default());
    let operation = operation_for(&claims, sts).unwrap();
    let request = SessionRequest::new(&claims, &session, &ruling, operation).unwrap();
    let form = form.map(|(algorithm, length)| TokenForm { algorithm: algorithm.to_owned(), length });
    outlook(&claims, form.as_ref(), &request, sts, NOW)
}

#[test]
fn sts_looks_at_more_than_the_gateway_does() {
    let whole = |more: Value| {
        let mut claims = json!({"iss": "i", "sub": "alice", "aud": "a", "iat": NOW, "exp": NOW + 7200});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    };
    let audience = || Outlook::Audience("a".to_owned());
    let tags = |keys: &[&str]| Outlook::TagSession(keys.iter().map(|key| (*key).to_owned()).collect());
    for (claims, form, expected) in [
        (whole(json!({})), Some(("RS256", 100)), vec![audience()]),
        (whole(json!({"aud": ["a"]})), None, vec![audience()]),
        (whole(json!({"aud": ["a", "b"]})), None, vec![Outlook::SeveralAudiences]),
        (
            whole(json!({"aud": ["a", "b"], "azp": "web"})),
            None,
            vec![Outlook::AzpReplacesAudience("web".to_owned())],
        ),
        (json!({"sub": "alice"}), None, vec![]),
        (
            json!({"iss": "i", "sub": "alice", "aud": "a", "exp": NOW + 7200}),
            Some(("ES512", 20_000)),
            vec![audience(), Outlook::MissingClaim("iat")],
        ),
        (
            whole(json!({})),
            Some(("PS256", 20_001)),
            vec![audience(), Outlook::Algorithm("PS256".to_owned()), Outlook::TokenTooLong(20_001)],
        ),
        (
            whole(json!({"https://aws.amazon.com/tags": {"principal_tags": {"Team": ["eng"]}}})),
            None,
            vec![audience(), tags(&["Team"])],
        ),
        (
            whole(
                json!({"https://aws.amazon.com/tags/principal_tags/Team": "eng", "https://aws.amazon.com/source_identity": "alice"}),
            ),
            None,
            vec![audience(), tags(&["Team"]), Outlook::SetSourceIdentity],
        ),
        (
            whole(json!({"https://aws.amazon.com/roles": "arn:aws:iam::111122223333:role/Default"})),
            None,
            vec![audience(), Outlook::RolesClaim],
        ),
        (
            whole(json!({"exp": NOW + 60})),
            None,
            vec![audience(), Outlook::EndsWithToken { left: 60, duration: 3600 }],
        ),
    ] {
        assert_eq!(said(claims.clone(), form, &sts(ExchangeMode::WebIdentity)), expected, "{claims}");
    }
}

#[test]
fn tags_in_a_form_that_sts_refuses_are_a_refusal() {
    let claims = json!({"sub": "alice", "https://aws.amazon.com/tags": {"principal_tags": {"Team": "eng"}}});
    let said = said(claims, None, &sts(ExchangeMode::WebIdentity));
    assert!(matches!(said.as_slice(), [Outlook::UnusableTags(_)]), "{said:?}");
    assert!(said.iter().all(Outlook::is_refusal));
}

#[test]
fn assume_role_sees_no_token() {
    let tag = TagSource { key: "Team".to_owned(), claim: "groups".to_owned() };
    let sts = sts(ExchangeMode::AssumeRole { session_tags: vec![tag] });
    let claims = json!({"sub": "alice", "aud": ["a", "b"], "groups": ["eng"]});
    let expected = [Outlook::TagSession(vec!["Team".to_owned()]), Outlook::SetSourceIdentity];
    assert_eq!(said(claims, Some(("PS256", 100)), &sts), expected);
    assert_eq!(said(json!({"sub": "alice"}), None, &sts), [Outlook::SetSourceIdentity]);
}
