//! Everything there is to say about a token and a call.

use std::io::{self, Write};

use rolecall_core::{
    exchange::{Outlook, SessionRequest},
    rejection::Rejection,
    role::{NotAName, RoleSession},
};
use serde_json::Value;

use super::{
    asked::{Awaited, Judged},
    json,
    matched::Matched,
    presented::Presented,
    text,
};
use crate::report::{Report, Verdict};

/// What the gateway would do, as far as it would get and further.
#[derive(Default)]
pub struct Explained {
    pub presented: Option<Presented>,
    pub matches: Vec<Matched>,
    pub session: Option<Session>,
    pub call: Option<Judged>,
    /// The last that the gateway makes.
    pub request: Option<SessionRequest>,
    pub outlook: Vec<Outlook>,
    /// What the decision waits for.
    pub awaited: Option<Awaited>,
    /// The gateway's own answer, where it would not send the call on.
    pub refusal: Option<Rejection>,
}

/// The session, and where its name comes from.
pub struct Session {
    pub session: RoleSession,
    /// The claim that named it.
    pub claim: String,
    /// Why the claim's value is not the name as it stands.
    pub slug: Option<NotAName>,
}

impl Explained {
    /// The first refusal is the one that the client gets.
    pub fn refuse(&mut self, rejection: Option<Rejection>) {
        self.refusal = self.refusal.take().or(rejection);
    }

    /// Whether STS will refuse, as far as the token shows.
    pub fn sts_refuses(&self) -> bool {
        self.outlook.iter().any(Outlook::is_refusal)
    }

    /// What to know besides, each with whether it is a refusal.
    pub fn notices(&self) -> impl Iterator<Item = (String, bool)> {
        let awaited = self.awaited.iter().map(|awaited| (awaited.to_string(), false));
        awaited.chain(self.outlook.iter().map(|notice| (notice.to_string(), notice.is_refusal())))
    }
}

impl Report for Explained {
    fn verdict(&self) -> Verdict {
        let is_refused = self.refusal.is_some() || self.sts_refuses();
        if is_refused { Verdict::Findings } else { Verdict::Fine }
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        text::write(self, out)
    }

    fn json(&self) -> Value {
        json::of(self)
    }
}
