//! What the gateway adds on the way: against the bare upstream and a bare proxy, all three asked in turn.

use std::time::Instant;

use crate::{
    client::Client,
    figures::{Samples, cpu, milliseconds, row, rss},
    upstream::{HUNDRED_MEGABYTES, LARGE_BYTES, SMALL_JSON, TWO_EVENTS},
};

/// The ways to the same upstream.
pub struct Ways {
    pub direct: Client,
    pub proxy: Client,
    pub gateway: Client,
}

const NAMES: [&str; 3] = ["direct", "bare proxy", "gateway"];

impl Ways {
    /// Every way's connections, caches and code in use.
    pub async fn warm_up(&mut self) {
        for _ in 0..300 {
            for client in self.each() {
                client.whole(SMALL_JSON).await;
            }
        }
    }

    /// Small answers, and the first event of streams.
    pub async fn latency(&mut self, rounds: usize) {
        let mut samples: [Samples; 3] = Default::default();
        for _ in 0..rounds {
            for (client, samples) in self.each().into_iter().zip(&mut samples) {
                samples.add(client.whole(SMALL_JSON).await);
            }
        }
        report("small call", &samples);
        let mut samples: [Samples; 3] = Default::default();
        for _ in 0..rounds.div_ceil(10) {
            for (client, samples) in self.each().into_iter().zip(&mut samples) {
                // Everybody has idled while the last stream paused.
                client.whole(SMALL_JSON).await;
                samples.add(client.first_event(TWO_EVENTS).await);
            }
        }
        report("first event of a stream", &samples);
    }

    fn each(&mut self) -> [&mut Client; 3] {
        [&mut self.direct, &mut self.proxy, &mut self.gateway]
    }
}

fn report(what: &str, samples: &[Samples; 3]) {
    for (name, samples) in NAMES.iter().zip(samples) {
        let value = format!("{:.0} µs, {:.0} µs", samples.median(), samples.percentile(99));
        row(&format!("{what}, {name}: p50, p99"), &value, "");
    }
    let [direct, proxy, gateway] = samples.each_ref().map(Samples::median);
    let (proxy, gateway) = (proxy - direct, gateway - direct);
    let value = format!("{:.2} ({gateway:.0} µs / {proxy:.0} µs)", gateway / proxy);
    row(&format!("{what}: added p50, gateway / bare proxy"), &value, "< 1.3");
}

/// CPU time per request, and memory over many requests and over one long answer.
pub async fn endurance(ways: &mut Ways, proxy: u32, gateway: u32, requests: u32) {
    const BLOCK: u32 = 100;
    let rss_before = rss(gateway);
    let cpu_before = [cpu(proxy), cpu(gateway)];
    for _ in 0..requests / BLOCK {
        for client in [&mut ways.proxy, &mut ways.gateway] {
            for _ in 0..BLOCK {
                client.whole(SMALL_JSON).await;
            }
        }
    }
    let [proxy_cpu, gateway_cpu] =
        [cpu(proxy) - cpu_before[0], cpu(gateway) - cpu_before[1]].map(|cpu| cpu / f64::from(requests));
    row("CPU per small call, whole process: bare proxy", &format!("{proxy_cpu:.0} µs"), "");
    row("CPU per small call, whole process: gateway", &format!("{gateway_cpu:.0} µs"), "");
    let rss_after = rss(gateway);
    row(
        &format!("RSS before, after {requests} calls"),
        &format!("{rss_before:.1} MB, {rss_after:.1} MB"),
        "flat",
    );
    let (mut by_proxy, mut by_gateway) = (Samples::default(), Samples::default());
    for _ in 0..5 {
        for (client, samples) in [(&mut ways.proxy, &mut by_proxy), (&mut ways.gateway, &mut by_gateway)] {
            let began = Instant::now();
            assert_eq!(client.count(HUNDRED_MEGABYTES).await, LARGE_BYTES);
            samples.add(began.elapsed());
        }
    }
    let value = format!("{}, {}", milliseconds(&by_proxy), milliseconds(&by_gateway));
    row("a streamed answer of 100 MB: bare proxy, gateway", &value, "");
    row("RSS after five of them", &format!("{:.1} MB", rss(gateway)), "flat");
}
