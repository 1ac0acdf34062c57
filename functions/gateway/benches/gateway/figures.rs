//! Numbers out of samples and out of `/proc`, and the table they are printed in.

use std::{fs, time::Duration};

/// Measured times.
#[derive(Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    pub fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// The value that `percent` of the samples do not exceed, in microseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)].as_secs_f64() * 1e6
    }

    pub fn median(&self) -> f64 {
        self.percentile(50)
    }
}

/// The median in milliseconds.
pub fn milliseconds(samples: &Samples) -> String {
    format!("{:.2} ms", samples.median() / 1e3)
}

/// CPU time of a process, user and system, in microseconds; Linux counts it in hundredths of a second.
pub fn cpu(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u32 = fields[11..=12].iter().map(|field| field.parse::<u32>().unwrap()).sum();
    f64::from(ticks) * 10_000.0
}

/// Resident memory of a process, in MB.
pub fn rss(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    f64::from(line.split_whitespace().next().unwrap().parse::<u32>().unwrap()) / 1024.0
}

/// One line of the table, printed at once: a run takes minutes.
pub fn row(figure: &str, value: &str, goal: &str) {
    println!("| {figure:<58} | {value:<34} | {goal:<9} |");
}

/// The table's head, with the machine it speaks of.
pub fn head() {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    println!("\n{cores} cores, load {load} at the beginning\n");
    row("figure", "measured", "goal");
    row(&"-".repeat(58), &"-".repeat(34), &"-".repeat(9));
}
