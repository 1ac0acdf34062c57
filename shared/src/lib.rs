//! The rules of Rolecall as pure functions: values in, values out.
//!
//! Nothing here does IO, reads a clock, draws randomness or keeps global state; `now` and keys are
//! parameters. `clippy.toml` in this folder bans the functions that would break that.

pub mod audit;
pub mod authenticate;
pub mod authorize;
pub mod config;
pub mod config_source;
pub mod exchange;
pub mod front_door;
pub mod mcp;
pub mod region;
pub mod rejection;
pub mod relay;
pub mod role;
pub mod sign;
pub mod telemetry;
