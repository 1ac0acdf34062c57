//! AssumeRoleWithWebIdentity from request to answer: operation, parameters, token, trust, credentials.
//! Each step can only be reached through the one before; the record is written whatever the outcome.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};

use super::{
    State, StsCall,
    answer::{self, Success},
    identity_token, lock,
    parameters::Parameters,
    refusal::Refusal,
    registry, trust,
};
use crate::server::Body;

impl State {
    pub(super) async fn answer(&self, request: Request<Bytes>) -> Response<Body> {
        let form: HashMap<String, String> =
            url::form_urlencoded::parse(request.body()).into_owned().collect();
        let get = |name: &str| form.get(name).cloned();
        let mut call = StsCall {
            action: get("Action").unwrap_or_default(),
            role_arn: get("RoleArn").unwrap_or_default(),
            session_name: get("RoleSessionName").unwrap_or_default(),
            duration: get("DurationSeconds"),
            policy: get("Policy"),
            policy_arns: Vec::new(),
            subject: None,
            tags: Vec::new(),
            signed: request.headers().contains_key(header::AUTHORIZATION),
            outcome: Err(String::new()),
            request_id: request_id(),
        };
        let outcome = self.assume(request.method(), &form, &mut call).await;
        let (outcome, response) = match outcome {
            Ok((access_key_id, response)) => (Ok(access_key_id), response),
            Err(refusal) => (Err(refusal.code.clone()), answer::error(&refusal, &call.request_id)),
        };
        call.outcome = outcome;
        lock(&self.calls).push(call);
        response
    }

    async fn assume(
        &self,
        method: &Method,
        form: &HashMap<String, String>,
        call: &mut StsCall,
    ) -> Result<(String, Response<Body>), Refusal> {
        if let Some(refusal) = lock(&self.failures).pop_front() {
            return Err(refusal);
        }
        check_operation(method, form, call)?;
        let parameters = Parameters::read(form)?;
        call.policy_arns.clone_from(&parameters.policy_arns);
        let role = lock(&self.roles).iter().find(|role| role.arn == parameters.role_arn).cloned();
        let role = role.ok_or_else(Refusal::access_denied)?;
        let providers = lock(&self.providers).clone();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let token = identity_token::verify(&parameters.token, role.account(), &providers, now).await?;
        call.subject = Some(token.subject.clone());
        call.tags = trust::permit(&role, &token)?;
        parameters.check_duration(&role)?;
        let packed_size = parameters.packed_size(&call.tags)?;
        let lifetime = (*lock(&self.lifetime)).unwrap_or(Duration::from_secs(parameters.duration.into()));
        let credentials = self
            .registry
            .issue(&role.arn, &role.id(), &parameters.session_name, lifetime)
            .map_err(|_| Refusal::internal())?;
        let (account, name) = (role.account(), role.name());
        let host = token.issuer.split_once("://").map_or("", |(_, host)| host);
        let success = Success {
            credentials: &credentials,
            assumed_role_arn: format!(
                "arn:aws:sts::{account}:assumed-role/{name}/{}",
                parameters.session_name
            ),
            subject: &token.subject,
            audience: &token.audience,
            provider: format!("arn:aws:iam::{account}:oidc-provider/{host}"),
            packed_size: (packed_size > 0).then_some(packed_size),
        };
        let response = answer::success(&success, &call.request_id);
        Ok((credentials.identity.access_key_id, response))
    }
}

fn check_operation(method: &Method, form: &HashMap<String, String>, call: &StsCall) -> Result<(), Refusal> {
    if call.signed {
        // The operation is unsigned; a signature can only be one that STS can't verify here.
        let message = "The security token included in the request is invalid";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "InvalidClientTokenId", message));
    }
    let version = form.get("Version").map_or("", String::as_str);
    if method != Method::POST || version != "2011-06-15" || call.action != "AssumeRoleWithWebIdentity" {
        let message = format!("Could not find operation {} for version {version}", call.action);
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "InvalidAction", &message));
    }
    Ok(())
}

fn request_id() -> String {
    let bytes = registry::random::<16>().unwrap_or_default();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let group = |range| hex.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", group(0..8), group(8..12), group(12..16), group(16..20), group(20..32))
}
