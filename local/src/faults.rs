//! Switches that make a server fail the way remote services fail.
//! A switch acts on every request that arrives while it is set, before the request is looked at.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How a server mistreats its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Answers as it should.
    #[default]
    None,
    /// Answers 503 to everything.
    Unavailable,
    /// Closes the connection without an answer.
    Hangup,
    /// Answers as it should, this much later.
    Slow(Duration),
}

/// The current [`Fault`] of one server, shared between the server and the test that sets it.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Fault>>);

impl Faults {
    /// Replaces the fault; [`Fault::None`] heals the server.
    pub fn set(&self, fault: Fault) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// The fault in force.
    #[must_use]
    pub fn get(&self) -> Fault {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
