//! The gateway in force, and its replacement when the configuration has changed.
//!
//! Invariant: a request ends with the gateway it began with, and a configuration with mistakes never gets in force.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use rolecall_core::{config_source::RefreshSchedule, front_door::HEALTH};
use tokio::task::JoinHandle;

use crate::{
    call::{Answer, Call},
    config_source::{ConfigReader, Snapshot},
    front_door::Handler,
    handler::{DEADLINE_MARGIN, Gateway},
    jwks::now,
    stations::Stations,
};

/// What answers requests, today and after the next change.
pub struct Deployment {
    gateway: RwLock<Arc<Gateway>>,
    /// `None` where the configuration cannot change.
    refresh: Option<Refresh>,
}

/// Looks at the configuration's source beside requests.
struct Refresh {
    schedule: Mutex<RefreshSchedule>,
    look: Mutex<Option<JoinHandle<()>>>,
    watch: tokio::sync::Mutex<Watch>,
}

/// A source, and what came of its last look.
pub struct Watch {
    reader: ConfigReader,
    stations: Stations,
    /// What was read last, whether it got in force or not.
    checked: Snapshot,
    /// The version in force.
    in_force: String,
    /// Why the last look failed.
    trouble: Option<String>,
}

impl Handler for Arc<Deployment> {
    async fn handle(&self, call: Call) -> Answer {
        // Health is the gateway's own: asking for it leads to no call.
        if ![Some(call.path.as_str()), call.path_without_stage.as_deref()].contains(&Some(HEALTH)) {
            self.look_if_due();
        }
        let gateway = self.gateway();
        // Boxed: the futures in it are as deep as the compiler allows.
        Box::pin(gateway.handle(call)).await
    }

    async fn settle(&self, deadline: Option<Instant>) {
        let look_ends = deadline.and_then(|deadline| deadline.checked_sub(DEADLINE_MARGIN));
        let gateway = self.gateway();
        tokio::join!(self.end_look(look_ends), gateway.telemetry().settle(deadline));
    }
}

impl Deployment {
    /// A gateway whose configuration stays as it is.
    #[must_use]
    pub fn fixed(gateway: Gateway) -> Self {
        Self { gateway: RwLock::new(Arc::new(gateway)), refresh: None }
    }

    /// A gateway whose configuration is looked at again every `interval`, while requests come.
    #[must_use]
    pub fn watched(gateway: Gateway, watch: Watch, interval: Duration) -> Self {
        let mut schedule = RefreshSchedule::new(interval.as_secs(), now());
        schedule.end(now(), watch.reader.next_look_seconds());
        let refresh = Refresh { schedule: Mutex::new(schedule), look: Mutex::default(), watch: watch.into() };
        Self { gateway: RwLock::new(Arc::new(gateway)), refresh: Some(refresh) }
    }

    /// The gateway in force.
    #[must_use]
    pub fn gateway(&self) -> Arc<Gateway> {
        Arc::clone(&self.gateway.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn look_if_due(self: &Arc<Self>) {
        let Some(refresh) = &self.refresh else { return };
        let mut look = lock(&refresh.look);
        let is_looking = look.as_ref().is_some_and(|look| !look.is_finished());
        let mut schedule = lock(&refresh.schedule);
        if is_looking || !schedule.is_due(now()) {
            return;
        }
        schedule.begin(now());
        let deployment = Arc::clone(self);
        *look = Some(tokio::spawn(async move { deployment.look().await }));
    }

    async fn end_look(&self, deadline: Option<Instant>) {
        let Some(mut look) = self.refresh.as_ref().and_then(Refresh::take_look) else { return };
        match deadline {
            None => {
                let _ = look.await;
            }
            Some(deadline) => {
                if tokio::time::timeout_at(deadline.into(), &mut look).await.is_err() {
                    // Another request begins anew; a look changes nothing before its end.
                    look.abort();
                }
            }
        }
    }

    async fn look(&self) {
        let Some(refresh) = &self.refresh else { return };
        let mut watch = refresh.watch.lock().await;
        let replacement = watch.look().await;
        lock(&refresh.schedule).end(now(), watch.reader.next_look_seconds());
        let Some(gateway) = replacement.map(Arc::new) else { return };
        // No await since the answer was read: a look that is aborted has either replaced the gateway or not looked.
        *self.gateway.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&gateway);
        gateway.warm_up().await;
    }
}

impl Refresh {
    fn take_look(&self) -> Option<JoinHandle<()>> {
        lock(&self.look).take()
    }
}

impl Watch {
    /// Watches a source whose first configuration, `in_force`, made the first gateway of these stations.
    #[must_use]
    pub fn new(reader: ConfigReader, stations: Stations, in_force: Snapshot) -> Self {
        Self { reader, stations, in_force: in_force.version(), checked: in_force, trouble: None }
    }

    /// The gateway of a new version without mistakes.
    async fn look(&mut self) -> Option<Gateway> {
        let latest = match self.reader.read().await {
            Ok(latest) => latest,
            Err(error) => {
                self.failed(error.to_string());
                return None;
            }
        };
        if self.trouble.take().is_some() {
            tracing::info!("the configuration can be read again");
        }
        if latest.equals(&self.checked) {
            return None;
        }
        self.checked = latest;
        self.replacement()
    }

    /// An outage is worth one line, not one for each look.
    fn failed(&mut self, error: String) {
        if self.trouble.as_ref() != Some(&error) {
            tracing::warn!(in_force = self.in_force, "the configuration cannot be read again: {error}");
            self.trouble = Some(error);
        }
    }

    fn replacement(&mut self) -> Option<Gateway> {
        let version = self.checked.version();
        let built = self.checked.load().map_err(|findings| findings.to_string());
        let built = built.and_then(|config| self.stations.gateway(config).map_err(|error| error.to_string()));
        match built {
            Ok(gateway) => {
                let from = std::mem::replace(&mut self.in_force, version);
                tracing::info!(from, to = self.in_force, "configuration replaced");
                Some(gateway)
            }
            Err(mistakes) => {
                let in_force = &self.in_force;
                tracing::error!(
                    version,
                    in_force,
                    "the new configuration has mistakes and is not used:\n{mistakes}"
                );
                None
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
