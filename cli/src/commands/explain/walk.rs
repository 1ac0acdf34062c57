//! The stations in the gateway's order, without what they do to the world.

use rolecall_core::{
    authenticate::Claims,
    authorize::Ruling,
    config::Config,
    exchange::{SessionRequest, operation_for, outlook},
    rejection::Rejection,
    role::{RoleSession, check_session_name, session_name_value},
};

use super::{
    asked::{Asked, Decided, Judged},
    explained::{Explained, Session},
    matched::matches,
    presented::{Presented, Trust},
};

/// Explains what the gateway would do at `now`, in seconds since the epoch.
pub fn walk(config: &Config, presented: Presented, asked: Option<&Asked>, now: u64) -> Explained {
    let mut explained = Explained::default();
    explained.refuse(asked.and_then(|asked| asked.too_large(config)));
    if let Trust::Refused(error) = &presented.trust {
        explained.refuse(Some(Rejection::Token(error.clone())));
    }
    explained.deny_status = config.authorization.as_ref().map(|policies| policies.deny_status());
    if let Some(claims) = &presented.claims {
        map_role(config, claims, &presented, asked, now, &mut explained);
    }
    explained.fallback = config.aws_sts.fallback_role_arn.as_ref().map(ToString::to_string);
    explained.presented = Some(presented);
    explained
}

fn map_role(
    config: &Config,
    claims: &Claims,
    presented: &Presented,
    asked: Option<&Asked>,
    now: u64,
    explained: &mut Explained,
) {
    let sts = &config.aws_sts;
    explained.matches = matches(claims, sts);
    // A token without one is refused already; what it would name is of use all the same.
    let subject = claims.text("sub").unwrap_or_default();
    let session = match RoleSession::of(claims, subject, sts, &mut |_, _| {}) {
        Ok(session) => session,
        Err(error) => return explained.refuse(Some(Rejection::Role(error))),
    };
    let named = session_name_value(claims, &sts.session_name_claim);
    let session = Session {
        claim: named.map_or("sub", |_| &sts.session_name_claim).to_owned(),
        slug: check_session_name(named.unwrap_or(subject)).err(),
        session,
    };
    authorize(config, (claims, subject), presented, &session.session, asked, now, explained);
    explained.session = Some(session);
}

fn authorize(
    config: &Config,
    (claims, subject): (&Claims, &str),
    presented: &Presented,
    session: &RoleSession,
    asked: Option<&Asked>,
    now: u64,
    explained: &mut Explained,
) {
    explained.call = asked.map(|asked| asked.judge(config, (claims, subject), session));
    let ruling = match &explained.call {
        None | Some(Judged { decided: Decided::WithoutPolicies, .. }) => {
            Ruling::without_policies(session.session_policies())
        }
        Some(Judged { decided: Decided::Passes(ruling), .. }) => ruling.clone(),
        Some(Judged { decided: Decided::Invalid(error), .. }) => {
            return explained.refuse(Some(Rejection::Message(*error)));
        }
        Some(Judged { decided: Decided::Denied(denial), .. }) => {
            let (denial, status) = (denial.clone(), explained.deny_status.unwrap_or_default());
            return explained.refuse(Some(Rejection::Policy { denial, status }));
        }
    };
    match request(config, claims, session, &ruling) {
        Ok(request) => {
            explained.outlook = outlook(claims, presented.form.as_ref(), &request, &config.aws_sts, now);
            explained.request = Some(request);
        }
        Err(rejection) => explained.refuse(Some(rejection)),
    }
    explained.refuse(asked.and_then(|asked| asked.unspliceable(config, session)).map(Rejection::Meta));
}

/// The request to STS.
fn request(
    config: &Config,
    claims: &Claims,
    session: &RoleSession,
    ruling: &Ruling,
) -> Result<SessionRequest, Rejection> {
    let operation = operation_for(claims, &config.aws_sts)?;
    Ok(SessionRequest::new(claims, session, ruling, operation)?)
}
