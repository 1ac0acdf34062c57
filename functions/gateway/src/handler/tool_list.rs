//! Station *authorize*, where policies ask for a tool's annotations: the gateway asks the MCP server itself for its list, as the
//! caller could: with the credentials of the role, in the call's own MCP session and revision.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Method;
use rolecall_core::{
    authenticate::VerifiedClaims,
    authorize::{Listed, Permit, ToolList, ToolListing},
    exchange::{ExchangeRequest, operation_for},
    mcp::Message,
    rejection::Rejection,
    relay::{SESSION_ID, list_request_headers},
    role::RoleChoice,
    telemetry::Station,
};
use tokio::time::timeout;

use super::{Gateway, Origin};
use crate::{
    audit::Record,
    repair::Repairs,
    tool_lists::{ToolListKey, page},
};

/// For the whole list, and for waiting until another request has it; the call itself has yet to be made, and clients wait for 60 s.
const PATIENCE: Duration = Duration::from_secs(10);

impl Gateway {
    /// The server's list of tools.
    ///
    /// # Errors
    /// As the call itself, and [`Rejection::ToolsUnlisted`].
    pub(super) async fn tool_list(
        &self,
        origin: &Origin<'_>,
        (claims, choice): (&VerifiedClaims, &RoleChoice),
        record: &mut Record,
    ) -> Result<Arc<ToolList>, Rejection> {
        // A list needs no permit, so no permit narrows it; the mapping's own session policies stay.
        let permit = Permit::without_policies(choice);
        let operation = operation_for(claims, &self.config.aws_sts)?;
        let exchange = ExchangeRequest::new(claims, choice, &permit, operation)?;
        let key = ToolListKey::new(exchange.key(), origin.call, origin.message);
        let timing = record.line.timing_ms;
        let since = record.trail.mark();
        let mut is_fetched = false;
        let fetch = async {
            is_fetched = true;
            self.fetch(origin, choice, &exchange, record).await
        };
        let listed = timeout(PATIENCE, self.tool_lists.get_or_fetch(&key, fetch)).await;
        if is_fetched {
            record.line.timing_ms = timing;
            record.trail.resume(since);
            record.lap(Station::ToolList);
        }
        listed.unwrap_or(Err(Rejection::UpstreamTimeout))
    }

    async fn fetch(
        &self,
        origin: &Origin<'_>,
        choice: &RoleChoice,
        exchange: &ExchangeRequest,
        record: &mut Record,
    ) -> Result<ToolList, Rejection> {
        let Origin { call, body, token, .. } = origin;
        let in_session = call.headers.contains_key(SESSION_ID);
        let mut listing = ToolListing::for_call(body);
        loop {
            let body = Bytes::from(listing.request_body());
            let repairs = Repairs::new(&Message::peek(&body));
            let request = self.unsigned(&Method::POST, list_request_headers(&call.headers), &body, choice)?;
            let answer = self.send(request, exchange, token, repairs, record).await?;
            let page = page(answer, listing.reader(), in_session).await?;
            match listing.with_page(page).map_err(Rejection::ToolsUnlisted)? {
                Listed::Whole(list) => return Ok(list),
                Listed::More(more) => listing = more,
            }
        }
    }
}
