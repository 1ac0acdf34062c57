//! The log: what an operator needs beside the audit stream, on standard error.
//!
//! Invariant: no token, credential, header value or body is ever logged; `docs/LOGGING.md` lists what is.

use std::{io::IsTerminal, panic};

use tracing::Level;
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, Targets, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::environment::variable;

/// Starts logging: JSON lines under Lambda, readable lines elsewhere. `RUST_LOG` sets the level, `info` by default.
pub fn start(on_lambda: bool) {
    let levels: Targets = variable("RUST_LOG")
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(Level::INFO));
    // Libraries log requests at the lower levels; a request holds a token.
    let levels = levels.and(filter_fn(|metadata| metadata.target().starts_with("rolecall")));
    let lines = fmt::layer().with_writer(std::io::stderr);
    if on_lambda {
        tracing_subscriber::registry().with(lines.json().flatten_event(true).with_filter(levels)).init();
    } else {
        let lines = lines.with_ansi(std::io::stderr().is_terminal()).with_target(false);
        tracing_subscriber::registry().with(lines.with_filter(levels)).init();
    }
    silence_panic_payloads();
}

/// A panic's message may quote the data it stumbled over; its place is enough to find the defect.
fn silence_panic_payloads() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic was caught; where a request failed with 500, report this place");
    }));
}
