//! AssumeRoleWithWebIdentity: parameters, token, trust. It is unsigned; the token is the only credential.

use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;

use super::{
    State, StsCall,
    assume::{Form, Grant},
    identity_token, lock,
    parameters::{self, Parameters},
    refusal::Refusal,
    trust,
};

impl State {
    pub(super) async fn assume_role_with_web_identity(
        &self,
        form: &Form,
        call: &mut StsCall,
    ) -> Result<Grant, Refusal> {
        if call.signed {
            // A signature can only be one that STS can't verify here.
            let message = "The security token included in the request is invalid";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "InvalidClientTokenId", message));
        }
        let parameters = Parameters::read(form)?;
        let token = parameters::web_identity_token(form)?;
        call.policy_arns.clone_from(&parameters.policy_arns);
        let denied = || Refusal::access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
        let role = self.role(&parameters.role_arn).ok_or_else(denied)?;
        let providers = lock(&self.providers).clone();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let token = identity_token::verify(&token, role.account(), &providers, now).await?;
        call.subject = Some(token.subject.clone());
        call.tags = trust::permit(&role, &token)?;
        parameters.check_duration(&role)?;
        let packed_size = parameters.packed_size(&call.tags)?;
        let host = token.issuer.split_once("://").map_or("", |(_, host)| host);
        let provider = format!("arn:aws:iam::{}:oidc-provider/{host}", role.account());
        let details = vec![
            ("SubjectFromWebIdentityToken", token.subject),
            ("Provider", provider),
            ("Audience", token.audience),
        ];
        Ok(Grant { role, parameters, packed_size, details })
    }
}
