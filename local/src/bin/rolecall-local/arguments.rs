//! The command line, small enough to read by hand.
//! An argument that means nothing here is a mistake, never ignored.

pub(crate) const HELP: &str = "\
Rolecall on loopback: an OIDC issuer, an STS, an MCP server and the real gateway.

usage: cargo demo [-- OPTION]

  (none)          three users make a whole MCP exchange; prints every hop, exits 0 if all went as it should
  --serve         keep everything running; print a client configuration and a token for each user
  --port N        with --serve: the gateway's port on 127.0.0.1 (9000)
  --backends      run all but the gateway, for `cargo lambda watch`
  --help          this text";

pub(crate) const DEFAULT_PORT: u16 = 9000;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Demo,
    Serve { port: u16 },
    Backends,
    Help,
}

pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut serve, mut backends, mut port) = (false, false, None);
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--serve" => serve = true,
            "--backends" => backends = true,
            "--port" => {
                let number = arguments.next().and_then(|number| number.parse().ok());
                port = Some(number.ok_or("--port needs a number from 1 to 65535")?);
            }
            other => return Err(format!("unknown argument: {other}")),
        }
    }
    match (serve, backends, port) {
        (false, false, None) => Ok(Command::Demo),
        (false, true, None) => Ok(Command::Backends),
        (true, false, port) => Ok(Command::Serve { port: port.unwrap_or(DEFAULT_PORT) }),
        (true, true, _) => Err("--serve and --backends exclude each other".into()),
        (false, _, Some(_)) => Err("--port goes with --serve".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, parse};

    #[test]
    fn command_lines() {
        let cases = [
            ("", Ok(Command::Demo)),
            ("--serve", Ok(Command::Serve { port: 9000 })),
            ("--serve --port 8080", Ok(Command::Serve { port: 8080 })),
            ("--port 8080 --serve", Ok(Command::Serve { port: 8080 })),
            ("--backends", Ok(Command::Backends)),
            ("--serve --help", Ok(Command::Help)),
            ("--port 8080", Err("--port goes with --serve")),
            ("--backends --port 1", Err("--port goes with --serve")),
            ("--serve --port 70000", Err("--port needs a number from 1 to 65535")),
            ("--serve --port", Err("--port needs a number from 1 to 65535")),
            ("--serve --backends", Err("--serve and --backends exclude each other")),
            ("--sevre", Err("unknown argument: --sevre")),
        ];
        for (line, expected) in cases {
            let parsed = parse(line.split_whitespace().map(String::from));
            assert_eq!(parsed, expected.map_err(String::from), "{line}");
        }
    }
}
