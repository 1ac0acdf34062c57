//! The other parts of a measurement, each a process of its own: this executable started again under another role,
//! so that what one costs is not hidden in another.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::{proxy, upstream};

const UPSTREAM: &str = "part:upstream";
const PROXY: &str = "part:proxy";
const POLL: &str = "part:poll";

/// A running part; it ends when dropped.
pub struct Part {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
}

impl Part {
    /// The MCP server.
    pub fn upstream() -> Self {
        Self::start(&[UPSTREAM])
    }

    /// A bare proxy before `upstream`.
    pub fn proxy(upstream: &Part) -> Self {
        Self::start(&[PROXY, &upstream.origin])
    }

    fn start(arguments: &[&str]) -> Self {
        let mut child =
            Command::new(env::current_exe().unwrap()).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut origin = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut origin).unwrap();
        Self { child, origin: origin.trim_end().to_owned() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that asks the Runtime API for its first event and does nothing else: the floor of every start.
pub fn poll_command() -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.arg(POLL);
    command
}

/// Plays the role that the arguments name; `false` where they name none.
pub fn play() -> bool {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [UPSTREAM] => serve(upstream::answer),
        [PROXY, origin] => {
            let (client, origin) = (proxy::client(), origin.to_owned());
            serve(move |request| proxy::pass(client.clone(), origin.clone(), request));
        }
        [POLL] => poll(),
        _ => return false,
    }
    true
}

/// Serves on a free port, which it prints, until it is killed.
fn serve<F, B, E>(answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static)
where
    F: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: std::error::Error + Send + Sync,
    E: std::error::Error + Send + Sync + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let answer = answer.clone();
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(async move { connection.await.is_ok() });
        }
    });
}

fn poll() {
    let mut stream = TcpStream::connect(env::var("AWS_LAMBDA_RUNTIME_API").unwrap()).unwrap();
    stream.write_all(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let _ = stream.read(&mut [0]);
}
