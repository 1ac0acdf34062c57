//! The release binary on loopback: what it adds to a call, what it costs, how fast it starts.
//! `cargo bench -p rolecall-gateway --bench gateway -- [--quick] [--binary PATH]` prints the table of docs/performance.md. Nothing here
//! fails for being slow.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may stop at its first mistake")]

mod client;
mod figures;
mod lambda;
mod part;
mod proxy;
mod relay;
mod start;
mod upstream;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use rolecall_local::{
    gateway::{GatewayBinary, GatewayProcess},
    stack::{STS_ENDPOINT_VARIABLE, Stack},
    users,
};
use tokio::runtime::Builder;

use client::Client;
use lambda::Function;
use part::Part;
use relay::Ways;

fn main() {
    // `cargo test --all-targets` runs benchmarks too, without this argument.
    if part::play() || !env::args().any(|argument| argument == "--bench") {
        return;
    }
    let quick = env::args().any(|argument| argument == "--quick");
    let (rounds, requests, starts) = if quick { (300, 1_000, 10) } else { (3_000, 10_000, 50) };

    // Issuer, STS and the reader of audit lines run on a thread of their own.
    let backstage = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let front = Builder::new_current_thread().enable_all().build().unwrap();
    let binary = named_binary().unwrap_or_else(|| {
        // The one that Cargo built for this run has the features that a benchmark's dependencies ask for.
        let built = backstage.block_on(GatewayBinary::build_with(&["--release"])).unwrap();
        built.path().to_owned()
    });
    let stack = backstage.block_on(Stack::start()).unwrap();
    let upstream = Part::upstream();
    let proxy = Part::proxy(&upstream);
    let url = format!("{}/mcp", upstream.origin);
    let gateway = backstage.block_on(gateway(&stack, &binary, &url));
    let token = stack.issuer.token_for(users::ALICE).unwrap();

    figures::head();
    let size = fs::metadata(&binary).unwrap().len();
    figures::row("size of the executable", &format!("{:.2} MB", size as f64 / 1e6), "< 11 MB");
    start::measure(&binary, &stack.gateway_yaml_for(9, &url), starts);
    let function = Function { binary: &binary, stack: &stack, upstream: &url, token: &token };
    backstage.block_on(async {
        function.cold(starts).await;
        function.warm(rounds / 3).await;
    });
    let mut ways = front.block_on(ways(&upstream.origin, &proxy.origin, &gateway.origin(), &token));
    front.block_on(async {
        ways.warm_up().await;
        ways.latency(rounds).await;
        relay::endurance(&mut ways, proxy.id(), gateway.id().unwrap(), requests).await;
    });
    // The process is reaped on the runtime that started it.
    backstage.block_on(async { drop(gateway) });
}

/// `--binary PATH` measures another build.
fn named_binary() -> Option<PathBuf> {
    env::args().skip_while(|argument| argument != "--binary").nth(1).map(PathBuf::from)
}

async fn ways(upstream: &str, proxy: &str, gateway: &str, token: &str) -> Ways {
    Ways {
        direct: Client::connect(upstream, token).await,
        proxy: Client::connect(proxy, token).await,
        gateway: Client::connect(gateway, token).await,
    }
}

async fn gateway(stack: &Stack, binary: &Path, upstream: &str) -> GatewayProcess {
    let sts = stack.sts.url();
    let environment = [(STS_ENDPOINT_VARIABLE, sts.as_str())];
    GatewayProcess::start(binary, |port| stack.gateway_yaml_for(port, upstream), &environment).await.unwrap()
}
