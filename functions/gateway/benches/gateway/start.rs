//! From the start of the process to its first question to the Runtime API, with the executable in the page cache.

use std::{
    env, fs,
    io::Read,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    figures::{Samples, milliseconds, row},
    part,
};

/// Starts gateway and floor in turn.
pub fn measure(binary: &Path, configuration: &str, starts: usize) {
    let file = env::temp_dir().join(format!("rolecall-bench-{}.yaml", std::process::id()));
    fs::write(&file, configuration).unwrap();
    let (mut floor, mut gateway) = (Samples::default(), Samples::default());
    for round in 0..starts + 3 {
        let polled = first_poll(part::poll_command());
        let mut command = Command::new(binary);
        command.env("ROLECALL_CONFIG", &file);
        let gateway_polled = first_poll(command);
        if round >= 3 {
            floor.add(polled);
            gateway.add(gateway_polled);
        }
    }
    fs::remove_file(&file).unwrap();
    row("start to first poll, a process that only polls", &milliseconds(&floor), "");
    row("start to first poll, gateway", &milliseconds(&gateway), "< 8 ms");
}

fn first_poll(mut command: Command) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    command
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let mut request = [0; 512];
    let mut length = 0;
    while !request[..length].ends_with(b"\r\n\r\n") {
        length += stream.read(&mut request[length..]).unwrap();
    }
    let took = began.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    took
}
