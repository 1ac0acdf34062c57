//! How a child process that should be a gateway is started, watched and ended, with shell scripts in its place.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use rolecall_local::{
    Error,
    gateway::{GatewayProcess, free_port},
};

const WAIT: Duration = Duration::from_secs(5);

/// An executable script in a directory of its own, removed in the end.
struct Script(PathBuf);

impl Script {
    fn new(name: &str, text: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("rolecall-script-{}-{name}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("gateway");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        Self(path)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        fs::remove_dir_all(self.0.parent().unwrap()).unwrap();
    }
}

#[tokio::test]
async fn the_child_gets_its_configuration_and_both_outputs_are_readable() {
    let script = Script::new(
        "env",
        r#"cat "$ROLECALL_CONFIG"; env | grep -E '^(ROLECALL_LISTEN|AWS_|X)' | sort >&2; exec sleep 60"#,
    );
    let port = free_port().unwrap();
    let environment = [("AWS_ENDPOINT_URL_STS", "http://sts"), ("X", "")];
    let gateway = GatewayProcess::spawn(&script.0, port, "resourceUrl: x\n", &environment).await.unwrap();
    let printed = gateway.stdout().wait_for(|lines| !lines.is_empty(), WAIT).await.unwrap();
    assert_eq!(printed, ["resourceUrl: x"]);
    let expected = [
        "AWS_ENDPOINT_URL_STS=http://sts".to_owned(),
        format!("ROLECALL_LISTEN=127.0.0.1:{port}"),
        "X=".to_owned(),
    ];
    let logged = gateway.stderr().wait_for(|lines| lines.len() >= 3, WAIT).await.unwrap();
    assert_eq!(logged, expected);
    assert_eq!(gateway.url(), format!("http://127.0.0.1:{port}/mcp"));
}

#[tokio::test]
async fn a_gateway_that_ends_is_reported_with_its_last_words() {
    let script = Script::new("exit", "echo 'gateway.yaml:1: unknown key' >&2; exit 78");
    let error = GatewayProcess::start(&script.0, |_| String::new(), &[]).await.unwrap_err();
    let Error::NotReady(text) = error else { panic!("{error}") };
    assert!(text.contains("78") && text.contains("unknown key"), "{text}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_child_ends_when_dropped() {
    let script = Script::new("drop", "echo up; exec sleep 60");
    let gateway = GatewayProcess::spawn(&script.0, free_port().unwrap(), "", &[]).await.unwrap();
    gateway.stdout().wait_for(|lines| lines == ["up"], WAIT).await.unwrap();
    let id = gateway.id().unwrap();
    drop(gateway);
    let gone = async {
        while PathBuf::from(format!("/proc/{id}/exe")).exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(WAIT, gone).await.expect("killed");
}
