//! The response in an event stream (HTML standard, "Server-sent events"): the first message event that answers.

use http::{HeaderMap, header};
use serde_json::Value;

pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.to_ascii_lowercase().starts_with("text/event-stream"))
}

/// The first whole event that is a JSON-RPC response.
pub(super) fn response(stream: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(stream).replace("\r\n", "\n");
    let (whole, _) = text.rsplit_once("\n\n")?;
    whole.split("\n\n").find_map(|event| {
        let data: Vec<&str> = event
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let message: Value = serde_json::from_str(&data.join("\n")).ok()?;
        (message.get("result").is_some() || message.get("error").is_some()).then_some(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_counts_once_it_is_whole() {
        let progress =
            "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n: hush\n\n";
        let answer = "data: {\"id\":1,\ndata: \"result\":{}}\n";
        assert_eq!(response(progress.as_bytes()), None);
        assert_eq!(response(format!("{progress}{answer}").as_bytes()), None);
        assert!(response(format!("{progress}{answer}\n").as_bytes()).is_some());
        assert!(response(format!("{progress}{answer}\n").replace('\n', "\r\n").as_bytes()).is_some());
    }
}
