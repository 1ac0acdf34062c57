//! A call to STS from request to answer: which operation it is, what it comes to, and the record of it.
//! A session is issued only for a [`Grant`], which only the operations make.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};

use super::{
    State, StsCall,
    answer::{self, Success},
    lock,
    parameters::Parameters,
    refusal::Refusal,
    registry,
    role::Role,
};
use crate::server::Body;

const VERSION: &str = "2011-06-15";

/// A form body.
pub(super) type Form = HashMap<String, String>;

/// An operation's leave to issue a session.
pub(super) struct Grant {
    pub(super) role: Role,
    pub(super) parameters: Parameters,
    pub(super) packed_size: usize,
    /// What the answer says besides.
    pub(super) details: Vec<(&'static str, String)>,
}

impl State {
    pub(super) async fn answer(&self, request: Request<Bytes>) -> Response<Body> {
        let form: Form = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let get = |name: &str| form.get(name).cloned();
        let mut call = StsCall {
            action: get("Action").unwrap_or_default(),
            role_arn: get("RoleArn").unwrap_or_default(),
            session_name: get("RoleSessionName").unwrap_or_default(),
            duration: get("DurationSeconds"),
            policy: get("Policy"),
            policy_arns: Vec::new(),
            subject: None,
            caller: None,
            source_identity: get("SourceIdentity"),
            tags: Vec::new(),
            transitive_tag_keys: Vec::new(),
            signed: request.headers().contains_key(header::AUTHORIZATION),
            outcome: Err(String::new()),
            request_id: request_id(),
        };
        let (outcome, response) = match self.assume(&request, &form, &mut call).await {
            Ok((access_key_id, response)) => (Ok(access_key_id), response),
            Err(refusal) => (Err(refusal.code.clone()), answer::error(&refusal, &call.request_id)),
        };
        call.outcome = outcome;
        lock(&self.calls).push(call);
        response
    }

    async fn assume(
        &self,
        request: &Request<Bytes>,
        form: &Form,
        call: &mut StsCall,
    ) -> Result<(String, Response<Body>), Refusal> {
        if let Some(refusal) = lock(&self.failures).pop_front() {
            return Err(refusal);
        }
        let version = form.get("Version").map_or("", String::as_str);
        let is_post = request.method() == Method::POST;
        let grant = match call.action.as_str() {
            "AssumeRoleWithWebIdentity" if is_post && version == VERSION => {
                self.assume_role_with_web_identity(form, call).await?
            }
            "AssumeRole" if is_post && version == VERSION => self.assume_role(request, form, call).await?,
            other => {
                let message = format!("Could not find operation {other} for version {version}");
                return Err(Refusal::new(StatusCode::BAD_REQUEST, "InvalidAction", &message));
            }
        };
        self.issue(grant, call)
    }

    fn issue(&self, grant: Grant, call: &StsCall) -> Result<(String, Response<Body>), Refusal> {
        let Grant { role, parameters, packed_size, details } = grant;
        let lifetime = (*lock(&self.lifetime)).unwrap_or(Duration::from_secs(parameters.duration.into()));
        let credentials = self
            .registry
            .issue(&role.arn, &role.id(), &parameters.session_name, lifetime)
            .map_err(|_| Refusal::internal())?;
        let (account, name, session) = (role.account(), role.name(), &parameters.session_name);
        let success = Success {
            action: &call.action,
            credentials: &credentials,
            assumed_role_arn: format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
            packed_size: (packed_size > 0).then_some(packed_size),
            details,
        };
        let response = answer::success(&success, &call.request_id);
        Ok((credentials.identity.access_key_id, response))
    }

    pub(super) fn role(&self, arn: &str) -> Option<Role> {
        lock(&self.roles).iter().find(|role| role.arn == arn).cloned()
    }
}

fn request_id() -> String {
    let bytes = registry::random::<16>().unwrap_or_default();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let group = |range| hex.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", group(0..8), group(8..12), group(12..16), group(16..20), group(20..32))
}
