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

/// Starts logging: JSON lines under Lambda, readable lines elsewhere, in colour on a terminal unless `NO_COLOR` is set.
/// `RUST_LOG` sets the level, `info` by default: a level, or `target=level` several times.
pub fn start(on_lambda: bool) {
    let wanted = variable("RUST_LOG").map(|text| text.parse::<Targets>());
    let is_unreadable = matches!(wanted, Some(Err(_)));
    let levels = wanted.and_then(Result::ok).unwrap_or_else(|| Targets::new().with_default(Level::INFO));
    // Libraries log requests at the lower levels; a request holds a token.
    let levels = levels.and(filter_fn(|metadata| metadata.target().starts_with("rolecall")));
    let lines = fmt::layer().with_writer(std::io::stderr);
    if on_lambda {
        tracing_subscriber::registry().with(lines.json().flatten_event(true).with_filter(levels)).init();
    } else {
        let lines = lines
            .with_ansi(std::io::stderr().is_terminal() && variable("NO_COLOR").is_none())
            .with_target(false);
        tracing_subscriber::registry().with(lines.with_filter(levels)).init();
    }
    if is_unreadable {
        tracing::warn!(
            "RUST_LOG can not be read and counts as info; write error, warn, info, debug or trace"
        );
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
