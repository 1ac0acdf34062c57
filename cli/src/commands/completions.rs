//! `rolecall completions`: what a shell needs to complete this command line.

use std::io::{self, Write};

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};
use serde_json::{Value, json};

use crate::{
    arguments::Arguments,
    report::{Report, Verdict},
};

/// Print completions for a shell
#[derive(Args)]
#[command(after_help = "\
Examples:
  source <(rolecall completions bash)
  rolecall completions fish > ~/.config/fish/completions/rolecall.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(&self) -> Script {
        let mut text = Vec::new();
        generate(self.shell, &mut Arguments::command(), "rolecall", &mut text);
        Script { shell: self.shell, text: String::from_utf8_lossy(&text).into_owned() }
    }
}

/// A shell's script.
pub struct Script {
    shell: Shell,
    text: String,
}

impl Report for Script {
    fn verdict(&self) -> Verdict {
        Verdict::Fine
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())
    }

    fn json(&self) -> Value {
        json!({ "shell": self.shell.to_string(), "script": self.text })
    }
}
