//! The Rolecall gateway: adapters between the pure rules of `rolecall-core` and the world.
//!
//! `handler.rs` shows the path of a request; every station is the module of its name.

pub mod audit;
pub mod authenticate;
pub mod call;
pub mod config_source;
pub mod deployment;
pub mod environment;
pub mod exchange;
pub mod front_door;
pub mod handler;
pub mod http_client;
pub mod log;
pub mod telemetry;

mod authorize;
mod aws_client;
mod failing_matchers;
mod failing_policies;
mod jwks;
mod list_answer;
mod relay;
mod repair;
mod start;
mod stations;
mod sts;
mod surface;
mod token_digest;
mod tool_lists;
mod upstream;

pub use http_client::ClientError;
pub use start::{StartError, run};
