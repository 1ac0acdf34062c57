//! Entry point of the function and of the plain server.

use std::process::ExitCode;

const HELP: &str = "\
rolecall-gateway: answers every MCP call with the caller's own AWS role.

Under Lambda it takes events from the Runtime API; elsewhere it is an HTTP server.

Environment:
  ROLECALL_CONFIG         path of gateway.yaml (default: beside the binary, then the working directory), or
                          ssm:NAME, s3://BUCKET/KEY, appconfig://APPLICATION/ENVIRONMENT/PROFILE
  ROLECALL_CONFIG_REFRESH_SECONDS
                          pause between looks at such a source, 1 to 86400 (default: 60)
  ROLECALL_LISTEN         address of the HTTP server (default: 127.0.0.1:9000)
  ROLECALL_RESPONSE_MODE  streaming (default) or buffered: how Lambda is given the answer
  ROLECALL_KEEP_ALIVE_SECONDS
                          silence after which an event stream gets a comment, 1 to 60 (default: 15)
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                          the execution role, which Lambda sets; needed for ssm:, s3:// and appconfig://, and with
                          awsSts.exchange: assumeRole
  AWS_REGION              where such a source is; Lambda sets it
  AWS_ENDPOINT_URL_STS    another STS endpoint than that of awsSts.region; likewise
                          AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_APPCONFIGDATA
  OTEL_EXPORTER_OTLP_ENDPOINT and other OTEL_ variables
                          where metrics and traces go; see docs/telemetry.md
  RUST_LOG                log level: error, warn, info (default), debug, trace
  NO_COLOR                set: no colour in the log on a terminal

Options:
  -h, --help     this text
  -V, --version  the version
";

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("-h" | "--help") => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Some("-V" | "--version") => {
            println!("rolecall-gateway {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            eprintln!("rolecall-gateway: unknown argument {other}; see --help");
            return ExitCode::from(2);
        }
    }
    // One request at a time under Lambda, and mostly waiting elsewhere: one thread starts faster and suffices.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(rolecall_gateway::run()),
        Err(error) => {
            eprintln!("rolecall-gateway: the async runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rolecall-gateway: {error}");
            ExitCode::FAILURE
        }
    }
}
