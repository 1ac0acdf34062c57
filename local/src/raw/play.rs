//! Plays a scripted answer on a connection, watching for the peer to leave while it waits.
//! Every byte is written as scripted; only the framing the script chose is added.

use http::StatusCode;
use tokio::io::AsyncWriteExt;

use super::{
    script::{Answer, Framing, Step},
    wire::Wire,
};

/// The connection is to be closed.
pub(super) struct Closed;

/// Sends `answer`; calls `disconnected` if the peer leaves before it is complete.
pub(super) async fn play(wire: &mut Wire, answer: &Answer, disconnected: impl Fn()) -> Result<(), Closed> {
    for step in &answer.before_head {
        perform(wire, step, answer.framing, &disconnected).await?;
    }
    write(wire, &head(answer), &disconnected).await?;
    for step in &answer.steps {
        perform(wire, step, answer.framing, &disconnected).await?;
    }
    match answer.framing {
        Framing::Chunked => write(wire, b"0\r\n\r\n", &disconnected).await,
        Framing::UntilClose => Err(Closed),
        Framing::Length => Ok(()),
    }
}

async fn perform(
    wire: &mut Wire,
    step: &Step,
    framing: Framing,
    disconnected: &impl Fn(),
) -> Result<(), Closed> {
    let wait = async {
        match step {
            Step::Wait(duration) => tokio::time::sleep(*duration).await,
            Step::Until(gate) => gate.passed().await,
            _ => std::future::pending().await,
        }
    };
    match step {
        Step::Send(bytes) if framing == Framing::Chunked => {
            let size = format!("{:x}\r\n", bytes.len());
            write(wire, size.as_bytes(), disconnected).await?;
            write(wire, bytes, disconnected).await?;
            write(wire, b"\r\n", disconnected).await
        }
        Step::Send(bytes) => write(wire, bytes, disconnected).await,
        Step::Close => Err(Closed),
        Step::Reset => {
            let _ = wire.stream.set_zero_linger();
            Err(Closed)
        }
        Step::Wait(_) | Step::Until(_) | Step::Hang => tokio::select! {
            () = wait => Ok(()),
            () = wire.peer_left() => {
                disconnected();
                Err(Closed)
            }
        },
    }
}

async fn write(wire: &mut Wire, bytes: &[u8], disconnected: &impl Fn()) -> Result<(), Closed> {
    wire.stream.write_all(bytes).await.map_err(|_| {
        disconnected();
        Closed
    })
}

fn head(answer: &Answer) -> Vec<u8> {
    let reason = StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, reason.unwrap_or_default()).into_bytes();
    for (name, value) in &answer.headers {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    match answer.framing {
        Framing::Length => {
            head.extend_from_slice(format!("content-length: {}\r\n", answer.body_length()).as_bytes());
        }
        Framing::Chunked => head.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        Framing::UntilClose => head.extend_from_slice(b"connection: close\r\n"),
    }
    head.extend_from_slice(b"\r\n");
    head
}
