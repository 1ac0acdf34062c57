//! Headings, hops and verdicts on standard output.
//! Colour appears only on a terminal that has not asked for none (`NO_COLOR`); the text alone says everything.

use std::io::{IsTerminal, stdout};

const BOLD: &str = "1";
const GREEN: &str = "32";
const RED: &str = "31";
const DIM: &str = "2";

pub(crate) fn heading(text: &str, detail: &str) {
    println!("\n{}  {}", paint(BOLD, text), paint(DIM, detail));
}

pub(crate) fn hop(name: &str, text: &str) {
    println!("  {} {text}", paint(DIM, &format!("{name:<9}")));
}

pub(crate) fn held(text: &str) {
    println!("\n{}", paint(GREEN, text));
}

pub(crate) fn failed(text: &str) {
    println!("{} {text}", paint(RED, "failed:"));
}

fn paint(code: &str, text: &str) -> String {
    if stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.into()
    }
}
