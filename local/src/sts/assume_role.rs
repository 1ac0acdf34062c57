//! AssumeRole: signature, parameters, what the caller's own policy and the role's trust policy say, in this order.
//! Every caller here is a role session itself, so the session it opens is chained.

use bytes::Bytes;
use http::Request;
use serde_json::Map;

use super::{
    State, StsCall,
    assume::{Form, Grant},
    lock,
    parameters::Parameters,
    refusal::Refusal,
    registry::Identity,
    role::{Caller, Role},
    session::SessionParameters,
};

/// What a role session may open at most, in seconds, whatever the role's own maximum.
const MAX_CHAINED_DURATION: u32 = 3600;

impl State {
    pub(super) async fn assume_role(
        &self,
        request: &Request<Bytes>,
        form: &Form,
        call: &mut StsCall,
    ) -> Result<Grant, Refusal> {
        let identity =
            self.verifier.verify(request).await.map_err(|rejection| Refusal::unsigned(&rejection))?;
        call.caller = Some(identity.role_arn.clone());
        let parameters = Parameters::read(form)?;
        call.policy_arns.clone_from(&parameters.policy_arns);
        let session = SessionParameters::read(form)?;
        call.tags.clone_from(&session.tags);
        call.transitive_tag_keys.clone_from(&session.transitive_tag_keys);
        let role = self.role(&parameters.role_arn);
        let caller = lock(&self.callers).iter().find(|one| one.role_arn == identity.role_arn).cloned();
        for action in session.actions() {
            let denied = |because: &str| denied(&identity, action, &parameters.role_arn, because);
            if !caller.as_ref().is_some_and(|caller| caller.may(action, &parameters.role_arn)) {
                return Err(denied(&format!(" because no identity-based policy allows the {action} action")));
            }
            if !role.as_ref().is_some_and(|role| trusts(role, &identity, action, &session)) {
                return Err(denied(""));
            }
        }
        let role = role.ok_or_else(Refusal::internal)?;
        check_duration(&parameters, &role)?;
        let packed_size = parameters.packed_size(&session.tags)?;
        let details = session.source_identity.map(|value| ("SourceIdentity", value)).into_iter().collect();
        Ok(Grant { role, parameters, packed_size, details })
    }
}

impl Caller {
    fn may(&self, action: &str, role_arn: &str) -> bool {
        self.may_assume.iter().any(|one| one == role_arn) && self.actions.iter().any(|one| one == action)
    }
}

/// The trust policy's condition sees what IAM would: condition keys, not claims.
fn trusts(role: &Role, caller: &Identity, action: &str, session: &SessionParameters) -> bool {
    let mut keys = Map::new();
    for (key, value) in &session.tags {
        keys.insert(format!("aws:RequestTag/{key}"), value.clone().into());
    }
    if let Some(source_identity) = &session.source_identity {
        keys.insert("sts:SourceIdentity".into(), source_identity.clone().into());
    }
    let allows_action = match action {
        "sts:TagSession" => role.tag_session,
        "sts:SetSourceIdentity" => role.set_source_identity,
        _ => true,
    };
    role.principals.contains(&caller.role_arn)
        && allows_action
        && role.condition.as_ref().is_none_or(|condition| condition(&keys))
}

fn denied(caller: &Identity, action: &str, role_arn: &str, because: &str) -> Refusal {
    let Identity { role_arn: own, session_name, .. } = caller;
    let session = own.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
    Refusal::access_denied(&format!(
        "User: {session}/{session_name} is not authorized to perform: {action} on resource: {role_arn}{because}"
    ))
}

fn check_duration(parameters: &Parameters, role: &Role) -> Result<(), Refusal> {
    if parameters.duration > MAX_CHAINED_DURATION {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    parameters.check_duration(role)
}
