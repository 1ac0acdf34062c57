//! Which identity an MCP session belongs to: the AWS MCP Server binds it to role id and session name.
//! A session id proves nothing by itself; for anybody else the session does not exist.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The sessions in force.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<String, String>>);

impl Sessions {
    pub(super) fn bind(&self, session: &str, owner: &str) {
        self.lock().insert(session.into(), owner.into());
    }

    pub(super) fn belongs_to(&self, session: &str, owner: &str) -> bool {
        self.lock().get(session).is_some_and(|bound| bound == owner)
    }

    pub(super) fn end(&self, session: &str) {
        self.lock().remove(session);
    }

    pub(super) fn end_all(&self) {
        self.lock().clear();
    }

    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
