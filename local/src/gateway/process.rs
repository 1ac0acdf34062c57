//! A running gateway: environment, readiness, output, end.
//! It is ready once `/healthz` answers 200, and killed by its own process id when dropped.

use std::{
    env,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tokio::process::{Child, Command};

use super::capture::Captured;
use crate::{Error, Result, http};

const READY_WITHIN: Duration = Duration::from_secs(30);
const ATTEMPTS: usize = 2;

/// A gateway process.
#[derive(Debug)]
pub struct GatewayProcess {
    child: Child,
    port: u16,
    stdout: Captured,
    stderr: Captured,
    directory: PathBuf,
}

/// A port on 127.0.0.1 that was free a moment ago.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(Error::io("looking for a free port"))?;
    Ok(listener.local_addr().map_err(Error::io("looking for a free port"))?.port())
}

impl GatewayProcess {
    /// Starts the gateway on a free port and waits until it is ready. `configuration` renders `gateway.yaml` for
    /// that port; `environment` comes over the defaults, an empty value included.
    ///
    /// # Errors
    /// [`Error::NotReady`] with the end of stderr when it exits or stays silent.
    pub async fn start(
        binary: &Path,
        configuration: impl Fn(u16) -> String,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let mut last = Error::NotReady("never started".into());
        // The port may have been taken between looking and listening: then once more, on another.
        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            match Self::start_on(binary, port, &configuration(port), environment).await {
                Err(error @ Error::NotReady(_)) => last = error,
                done => return done,
            }
        }
        Err(last)
    }

    /// Starts the gateway on this port and waits until it is ready.
    ///
    /// # Errors
    /// As [`GatewayProcess::start`].
    pub async fn start_on(
        binary: &Path,
        port: u16,
        configuration: &str,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let mut process = Self::spawn(binary, port, configuration, environment).await?;
        process.wait_until_ready().await?;
        Ok(process)
    }

    /// Starts the gateway without waiting, for configurations that it should refuse.
    ///
    /// # Errors
    /// When the configuration can't be written or the binary can't be run.
    pub async fn spawn(
        binary: &Path,
        port: u16,
        configuration: &str,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        check_free(port)?;
        let directory = temporary_directory()?;
        let file = directory.join("gateway.yaml");
        tokio::fs::write(&file, configuration).await.map_err(Error::io("writing gateway.yaml"))?;
        let mut command = Command::new(binary);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_none_or(is_foreign)) {
            command.env_remove(name);
        }
        let mut child = command
            .env("ROLECALL_CONFIG", &file)
            .env("ROLECALL_LISTEN", format!("127.0.0.1:{port}"))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(Error::io("starting the gateway"))?;
        let no_pipe = || Error::NotReady("its output can't be read".into());
        let stdout = Captured::from(child.stdout.take().ok_or_else(no_pipe)?);
        let stderr = Captured::from(child.stderr.take().ok_or_else(no_pipe)?);
        Ok(Self { child, port, stdout, stderr, directory })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The MCP endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/mcp", self.origin())
    }

    /// The process id; `None` once it has ended.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Standard output: the audit lines.
    #[must_use]
    pub fn stdout(&self) -> &Captured {
        &self.stdout
    }

    /// Standard error: the log.
    #[must_use]
    pub fn stderr(&self) -> &Captured {
        &self.stderr
    }

    /// Waits for the process to end by itself.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub async fn wait(&mut self, timeout: Duration) -> Result<ExitStatus> {
        match tokio::time::timeout(timeout, self.child.wait()).await {
            Ok(status) => status.map_err(Error::io("waiting for the gateway")),
            Err(_) => Err(Error::Timeout("the gateway to end")),
        }
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let client = http::client();
        let health = format!("{}/healthz", self.origin());
        let begun = Instant::now();
        while begun.elapsed() < READY_WITHIN {
            if let Some(status) = self.child.try_wait().map_err(Error::io("watching the gateway"))? {
                // Its last words may still be in the pipe.
                tokio::time::sleep(Duration::from_millis(50)).await;
                return Err(Error::NotReady(format!("it ended with {status}\n{}", self.stderr.text())));
            }
            if client
                .get(&health)
                .timeout(Duration::from_secs(2))
                .send()
                .await
                .is_ok_and(|response| response.status().is_success())
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(Error::NotReady(format!("{health} did not answer 200\n{}", self.stderr.text())))
    }
}

impl Drop for GatewayProcess {
    fn drop(&mut self) {
        // Dropping the child kills it; a directory left behind harms nobody.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Somebody else's server on the port would answer `/healthz` in the gateway's place.
fn check_free(port: u16) -> Result<()> {
    let bound = TcpListener::bind(("127.0.0.1", port));
    bound.map(drop).map_err(|error| Error::NotReady(format!("port {port} on 127.0.0.1: {error}")))
}

/// Settings of the caller's own AWS access, proxies and Lambda that must not reach the child.
fn is_foreign(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("AWS_")
        || name.starts_with("ROLECALL_")
        || name.starts_with("OTEL_")
        || name.starts_with("LAMBDA_")
        || name.ends_with("_PROXY")
        || name == "_HANDLER"
}

fn temporary_directory() -> Result<PathBuf> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let directory = env::temp_dir().join(format!("rolecall-local-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&directory).map_err(Error::io("creating a temporary directory"))?;
    Ok(directory)
}
