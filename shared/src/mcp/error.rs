//! JSON-RPC error responses (JSON-RPC 2.0 section 5.1). They always carry the request's own id, letter by letter:
//! clients wait forever on `id: null`.

use serde_json::Value;

use super::RequestId;

/// The body of an error response, on one line.
///
/// `code` is the caller's to choose (outside -32768..-32000 unless a reserved one is meant), `message` a sentence for a
/// person, `data` anything for a program.
#[must_use]
pub fn error_body(id: &RequestId, code: i64, message: &str, data: &Value) -> Vec<u8> {
    let id = id.as_json();
    let message = Value::from(message);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message},"data":{data}}}}}"#)
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::mcp::Message;

    #[test]
    fn repeats_the_id_and_escapes_the_rest() {
        for id in ["1", "1.0", "1e2", r#""\u0061\"""#] {
            let body = format!(r#"{{"id":{id},"method":"ping"}}"#);
            let Message::Request(request) = Message::peek(body.as_bytes()) else { panic!("{body}") };
            let error = error_body(&request.id, -32603, "no \"x\"\n", &json!({"reason": "internal"}));
            let expected = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"no \"x\"\n","data":{{"reason":"internal"}}}}}}"#
            );
            assert_eq!(String::from_utf8(error).unwrap(), expected);
        }
    }
}
