//! The audit stream from outside: what a compliance officer would hold against it.

mod answers;
mod data;
mod documented;
mod join;
mod schema;
mod selection;
pub mod shutdown;
mod types;

use reqwest::Response;
use serde_json::Value;

use crate::harness::World;

/// The line of the request that this answers.
async fn line_of(world: &World, response: &Response) -> Value {
    let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    world.audit_line(|line| line["request_id"] == request_id && line["type"] != "sts_exchange").await
}
