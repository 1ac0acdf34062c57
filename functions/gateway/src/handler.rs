//! The path of a request on one screen: front door → authenticate → map role → exchange → sign → relay → audit.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use rolecall_core::{
    audit::{Aws, Subject},
    authenticate::bearer_token,
    config::Config,
    exchange::ExchangeRequest,
    mcp::{Message, inject_meta},
    rejection::Rejection,
    relay::request_headers,
    role,
    sign::{UnsignedRequest, sign},
};

use crate::{
    audit::{Record, timed},
    authenticate::Authenticator,
    call::{Answer, Call},
    exchange::Exchanger,
    front_door::Handler,
    relay::{Way, relay},
    repair::Repairs,
    surface::{Admitted, Surface},
    upstream::{Upstream, UpstreamAnswer},
};

/// What the function keeps of its own time to end an answer properly.
const DEADLINE_MARGIN: Duration = Duration::from_secs(1);

/// The stations, wired up.
pub struct Gateway {
    config: Arc<Config>,
    surface: Surface,
    authenticator: Authenticator,
    exchanger: Exchanger,
    upstream: Upstream,
}

impl Handler for Arc<Gateway> {
    async fn handle(&self, call: Call) -> Answer {
        match self.surface.enter(call) {
            Ok(admitted) => self.answer(admitted).await,
            Err(answer) => answer,
        }
    }
}

impl Gateway {
    /// Puts the stations together.
    #[must_use]
    pub fn new(
        config: Arc<Config>,
        authenticator: Authenticator,
        exchanger: Exchanger,
        upstream: Upstream,
    ) -> Self {
        Self { surface: Surface::new(Arc::clone(&config)), config, authenticator, exchanger, upstream }
    }

    /// Answers a request to the MCP endpoint, within the function's own time.
    async fn answer(&self, admitted: Admitted) -> Answer {
        let Admitted { call, entry } = admitted;
        let mut record = Record::begin(Arc::clone(&self.config), &call);
        let message = Message::peek(call.body.bytes());
        record.describe(&call, &message, &self.config);
        let deadline = call.deadline.and_then(|deadline| deadline.checked_sub(DEADLINE_MARGIN));
        let walk = async {
            entry?;
            self.walk(&call, &message, &mut record).await
        };
        let walked = match deadline {
            None => walk.await,
            Some(deadline) => {
                tokio::time::timeout_at(deadline.into(), walk).await.unwrap_or(Err(Rejection::Deadline))
            }
        };
        let rpc_id = message.request_id().cloned();
        match walked {
            Ok(answer) => {
                let way = Way { door: call.door, deadline, rpc_id, request_id: call.request_id.clone() };
                self.surface.finish(&call, relay(answer, way, record))
            }
            Err(rejection) => {
                record.refused(&rejection);
                self.surface.refuse(&call, &rejection, rpc_id.as_ref())
            }
        }
    }

    /// Forwards only: each station needs what the one before it made.
    async fn walk(
        &self,
        call: &Call,
        message: &Message<'_>,
        record: &mut Record,
    ) -> Result<UpstreamAnswer, Rejection> {
        let sts = &self.config.aws_sts;
        let token = bearer_token(&call.headers)?;

        let claims =
            timed(&mut record.line.timing_ms.authenticate, self.authenticator.authenticate(token)).await?;
        record.line.subject = Some(Subject::new(&claims, &sts.role_claim));

        let began = Instant::now();
        let choice = role::choose(&claims, sts, &mut log_matcher_failure);
        record.line.timing_ms.map_role = Some(millis(began.elapsed()));
        let choice = choice?;
        record.line.aws = Some(Aws::new(&choice));

        let exchange = ExchangeRequest::new(&claims, &choice)?;
        let request = self.unsigned(call, &choice)?;
        let mut repairs = Repairs::new(message);
        loop {
            let obtained = self.credentials(&exchange, token, record).await?;
            let signed = self.sign(request.clone(), &obtained, record)?;
            let sent = timed(&mut record.line.timing_ms.upstream, self.upstream.send(signed)).await?;
            match repairs.judge(sent, record).await? {
                Verdict::Pass(answer) => return Ok(answer),
                Verdict::RenewCredentials => self.exchanger.forget(exchange.key(), &obtained).await,
                Verdict::Wait(delay) => tokio::time::sleep(delay).await,
            }
        }
    }
}
