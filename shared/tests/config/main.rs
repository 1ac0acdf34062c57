//! Configuration as an operator meets it: files in, settings or findings out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

mod accepted;
mod document;
mod documented;
mod messages;
mod properties;
mod refused;
