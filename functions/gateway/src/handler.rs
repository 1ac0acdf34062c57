//! The path of a request on one screen: front door → authenticate → map role → authorize → exchange → sign → relay → audit.

mod tool_list;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Method};
use rolecall_core::{
    audit::{Aws, Subject},
    authenticate::{VerifiedClaims, bearer_token},
    authorize::{Incoming, Permit},
    config::{AwsSts, Config},
    exchange::{Credentials, ExchangeRequest, operation_for},
    mcp::{Message, inject_meta},
    rejection::Rejection,
    relay::request_headers,
    role::{self, RoleChoice},
    sign::{SignedRequest, UnsignedRequest, sign},
    telemetry::Station,
};

use crate::{
    audit::Record,
    authenticate::Authenticator,
    authorize::{Asked, Authorized, authorize},
    call::{Answer, Call},
    exchange::Exchanger,
    failing_matchers::FailingMatchers,
    failing_policies::FailingPolicies,
    list_answer::filtered,
    relay::{Way, relay},
    repair::{Repairs, Verdict},
    surface::{Admitted, Surface},
    telemetry::Telemetry,
    tool_lists::ToolLists,
    upstream::{Upstream, UpstreamAnswer},
};

/// What the function keeps of its own time to end an answer properly.
pub(crate) const DEADLINE_MARGIN: Duration = Duration::from_secs(1);

/// The stations, wired up.
pub struct Gateway {
    config: Arc<Config>,
    surface: Surface,
    authenticator: Authenticator,
    exchanger: Arc<Exchanger>,
    upstream: Upstream,
    failing_matchers: FailingMatchers,
    failing_policies: FailingPolicies,
    tool_lists: ToolLists,
    keep_alive: Duration,
    telemetry: Arc<Telemetry>,
}

/// What a request brought along.
#[derive(Clone, Copy)]
struct Origin<'a> {
    call: &'a Call,
    body: &'a Bytes,
    message: &'a Message<'a>,
    token: &'a str,
}

impl Gateway {
    /// Puts the stations together; `keep_alive` is the silence after which an event stream gets a comment.
    #[must_use]
    pub fn new(
        config: Arc<Config>,
        authenticator: Authenticator,
        exchanger: Arc<Exchanger>,
        upstream: Upstream,
        keep_alive: Duration,
        telemetry: Arc<Telemetry>,
    ) -> Self {
        let surface = Surface::new(Arc::clone(&config));
        Self {
            config,
            surface,
            authenticator,
            exchanger,
            upstream,
            failing_matchers: FailingMatchers::default(),
            failing_policies: FailingPolicies::default(),
            tool_lists: ToolLists::default(),
            keep_alive,
            telemetry,
        }
    }

    /// Fetches ahead of the first request what it would wait for.
    pub async fn warm_up(&self) {
        self.authenticator.warm_up().await;
    }

    /// The public URL of the endpoint.
    #[must_use]
    pub fn resource_url(&self) -> &str {
        &self.config.resource.url
    }

    /// The largest request body that is read.
    #[must_use]
    pub fn max_request_bytes(&self) -> usize {
        self.config.limits.max_request_bytes
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Where its metrics and spans go.
    #[must_use]
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    /// Answers one request.
    pub async fn handle(&self, call: Call) -> Answer {
        match self.surface.enter(call) {
            Ok(admitted) => self.answer(admitted).await,
            Err(answer) => *answer,
        }
    }

    /// Answers a request to the MCP endpoint within the function's own time.
    async fn answer(&self, admitted: Admitted) -> Answer {
        let Admitted { call, entry } = admitted;
        let body = call.body.clone().unwrap_or_default();
        let message = Message::peek(&body);
        let mut record = Record::begin(Arc::clone(&self.config), &self.telemetry, &call, &message, &body);
        let deadline = call.deadline.and_then(|deadline| deadline.checked_sub(DEADLINE_MARGIN));
        let walk = async {
            entry?;
            self.walk(&call, &body, &message, &mut record).await
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
                let way = Way {
                    door: call.door,
                    deadline,
                    keep_alive: self.keep_alive,
                    rpc_id,
                    request_id: call.request_id.clone(),
                };
                self.surface.relayed(&call, relay(answer, way, record))
            }
            Err(rejection) => {
                record.refused(&rejection);
                self.surface.refused(&call, &rejection, rpc_id.as_ref())
            }
        }
    }

    /// Forwards only: each station needs what the one before it made.
    async fn walk(
        &self,
        call: &Call,
        body: &Bytes,
        message: &Message<'_>,
        record: &mut Record,
    ) -> Result<UpstreamAnswer, Rejection> {
        let token = bearer_token(&call.headers)?;
        record.trail.mark();

        let claims = self.authenticator.authenticate(token).await;
        record.lap(Station::Authenticate);
        let claims = claims?;
        record.line.subject = Some(Subject::new(&claims, &self.config.aws_sts));

        let choice = role::choose(&claims, &self.config.aws_sts, &mut |index, failure| {
            self.failing_matchers.report(index, failure);
        });
        record.lap(Station::MapRole);
        let choice = choice?;
        record.line.aws = Some(Aws::new(&choice));

        let origin = Origin { call, body, message, token };
        let authorizing = record.trail.mark();
        let authorized = self.authorize(&origin, (&claims, &choice), record).await;
        if self.config.authorization.is_some() {
            // A list of tools may have been fetched meanwhile, which is a way of its own.
            record.trail.resume(authorizing);
            record.lap(Station::Authorize);
        }
        if matches!(authorized, Err(Rejection::Policy { .. })) {
            // A list of tools may have been asked for with credentials, which sign nothing now.
            record.line.aws = Some(Aws::new(&choice));
        }
        let Authorized { permit, filter } = authorized?;

        let operation = operation_for(&claims, &self.config.aws_sts)?;
        let exchange = ExchangeRequest::new(&claims, &choice, &permit, operation)?;
        let request = self.unsigned(&call.method, request_headers(&call.headers), body, &choice)?;
        let answer = self.send(request, &exchange, token, Repairs::new(message), record).await?;
        filtered(answer, filter).await
    }

    /// Without policies nothing is read and the role alone decides.
    async fn authorize(
        &self,
        origin: &Origin<'_>,
        caller: (&VerifiedClaims, &RoleChoice),
        record: &mut Record,
    ) -> Result<Authorized, Rejection> {
        let Some(authorization) = &self.config.authorization else {
            return Ok(Authorized { permit: Permit::without_policies(caller.1), filter: None });
        };
        let Origin { call, body, message, .. } = *origin;
        let incoming = Incoming::read(&call.method, &call.headers, body)?;
        let list = match authorization.tool_in_question(&incoming) {
            None => None,
            Some(tool) => Some((tool, Box::pin(self.tool_list(origin, caller, record)).await?)),
        };
        let annotations = list.as_ref().and_then(|(tool, list)| list.annotations(tool));
        let server = self.config.upstream.url.host_str().unwrap_or_default();
        let asked = Asked { call, message, incoming: &incoming, annotations, server };
        authorize(authorization, caller, &asked, &self.failing_policies, record)
    }

    /// Exchange, sign, relay: again where the answer shows that it helps and AWS has not acted.
    async fn send(
        &self,
        request: UnsignedRequest,
        exchange: &ExchangeRequest,
        token: &str,
        mut repairs: Repairs,
        record: &mut Record,
    ) -> Result<UpstreamAnswer, Rejection> {
        loop {
            record.trail.mark();
            let credentials = self.credentials(exchange, token, record).await;
            record.lap(Station::Exchange);
            let credentials = credentials?;

            let mut request = request.clone();
            record.trail.tell(&mut request.headers);
            let signed = self.sign(request, &credentials)?;
            record.lap(Station::Sign);

            record.trail.sending();
            let answer = self.upstream.send(signed).await;
            record.sent_upstream(&answer);
            match repairs.judge(answer?, &mut record.line.repairs).await? {
                Verdict::Pass(answer) => return Ok(*answer),
                Verdict::RenewCredentials => self.exchanger.forget(exchange.key(), &credentials).await,
                Verdict::Wait(delay) => tokio::time::sleep(delay).await,
            }
        }
    }

    async fn credentials(
        &self,
        exchange: &ExchangeRequest,
        token: &str,
        record: &mut Record,
    ) -> Result<Credentials, Rejection> {
        let obtained =
            self.exchanger.credentials(exchange, token, |called| record.sts_called(called)).await?;
        if let Some(aws) = &mut record.line.aws {
            aws.set_credentials(&obtained.credentials, obtained.cached);
        }
        Ok(obtained.credentials)
    }

    /// What goes upstream: these bytes, with `_meta` entries where they are configured.
    fn unsigned(
        &self,
        method: &Method,
        headers: HeaderMap,
        body: &Bytes,
        choice: &RoleChoice,
    ) -> Result<UnsignedRequest, Rejection> {
        let meta = self.config.upstream.meta_for(choice.aws_region());
        let injected = if method == Method::POST { inject_meta(body, &meta)? } else { None };
        Ok(UnsignedRequest {
            method: method.clone(),
            url: self.config.upstream.url.clone(),
            headers,
            body: injected.map_or_else(|| body.clone(), Bytes::from),
        })
    }

    fn sign(&self, request: UnsignedRequest, credentials: &Credentials) -> Result<SignedRequest, Rejection> {
        let AwsSts { region, service, .. } = &self.config.aws_sts;
        sign(request, credentials, region, service, SystemTime::now()).map_err(|error| {
            tracing::error!(reason = %error, "signing failed");
            Rejection::Internal
        })
    }
}
