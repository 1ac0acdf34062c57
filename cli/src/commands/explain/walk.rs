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
    asked::{Asked, Decided},
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
    if let Some(claims) = &presented.claims {
        // A token without a subject is refused already; what it would get is of use all the same.
        let subject = claims.text("sub").unwrap_or_default();
        Walk { config, presented: &presented, claims, subject, asked, now }.map_role(&mut explained);
    }
    explained.presented = Some(presented);
    explained
}

/// What the stations need besides what they hand on.
struct Walk<'a> {
    config: &'a Config,
    presented: &'a Presented,
    claims: &'a Claims,
    subject: &'a str,
    asked: Option<&'a Asked>,
    now: u64,
}

impl Walk<'_> {
    fn map_role(&self, explained: &mut Explained) {
        let sts = &self.config.aws_sts;
        explained.matches = matches(self.claims, sts);
        let session = match RoleSession::of(self.claims, self.subject, sts, &mut |_, _| {}) {
            Ok(session) => session,
            Err(error) => return explained.refuse(Some(Rejection::Role(error))),
        };
        let named = session_name_value(self.claims, &sts.session_name_claim);
        self.authorize(&session, explained);
        explained.session = Some(Session {
            claim: named.map_or("sub", |_| &sts.session_name_claim).to_owned(),
            slug: check_session_name(named.unwrap_or(self.subject)).err(),
            session,
        });
    }

    fn authorize(&self, session: &RoleSession, explained: &mut Explained) {
        let own = Ruling::without_policies(session.session_policies());
        let Some(asked) = self.asked else { return self.exchange(session, &own, explained) };
        let mut judged = asked.judge(self.config, (self.claims, self.subject), session);
        explained.awaited = asked.awaits(self.config);
        judged.is_reached = explained.awaited.is_none() || self.opens(session, &own, explained);
        if judged.is_reached {
            self.follow(&judged.decided, session, &own, explained);
        }
        explained.call = Some(judged);
    }

    /// Goes where policies send the call.
    fn follow(&self, decided: &Decided, session: &RoleSession, own: &Ruling, explained: &mut Explained) {
        match decided {
            Decided::WithoutPolicies => self.exchange(session, own, explained),
            Decided::Passes(ruling) => self.exchange(session, ruling, explained),
            Decided::Invalid(error) => explained.refuse(Some(Rejection::Message(*error))),
            Decided::Denied(denial) => {
                let policies = self.config.authorization.as_ref();
                let status = policies.map(|policies| policies.deny_status()).unwrap_or_default();
                explained.refuse(Some(Rejection::Policy { denial: denial.clone(), status }));
            }
        }
    }

    fn exchange(&self, session: &RoleSession, ruling: &Ruling, explained: &mut Explained) {
        self.opens(session, ruling, explained);
        let unspliceable = self.asked.and_then(|asked| asked.unspliceable(self.config, session));
        explained.refuse(unspliceable.map(Rejection::Meta));
    }

    /// Whether the session can be had, as far as its request and the token show.
    fn opens(&self, session: &RoleSession, ruling: &Ruling, explained: &mut Explained) -> bool {
        match self.request(session, ruling) {
            Ok(request) => {
                let form = self.presented.form.as_ref();
                explained.outlook = outlook(self.claims, form, &request, &self.config.aws_sts, self.now);
                explained.request = Some(request);
                !explained.sts_refuses()
            }
            Err(rejection) => {
                explained.refuse(Some(rejection));
                false
            }
        }
    }

    /// The request to STS.
    fn request(&self, session: &RoleSession, ruling: &Ruling) -> Result<SessionRequest, Rejection> {
        let operation = operation_for(self.claims, &self.config.aws_sts)?;
        Ok(SessionRequest::new(self.claims, session, ruling, operation)?)
    }
}
