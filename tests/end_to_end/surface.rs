//! The HTTP surface: who gets which answer, in which form, with which headers, and what is never relayed.

use http::{HeaderMap, Method};
use reqwest::Response;
use rolecall_local::raw::{Answer, Raw};
use serde_json::{Value, json};

use crate::{
    harness::{PATIENCE, World, reason, request, without_meta},
    tcp::{connect, exchange, post, read_until},
};

const METADATA: &str = "/.well-known/oauth-protected-resource";
const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#;

async fn send(world: &World, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = world.http.request(method, format!("{}{path}", world.gateway.origin()));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// A world whose upstream nobody should reach.
async fn world() -> (World, Raw) {
    World::with_raw_upstream().await
}

fn assert_nothing_went_out(world: &World, raw: &Raw) {
    assert_eq!((raw.received().len(), world.stack.sts.calls().len()), (0, 0));
}

#[tokio::test]
async fn each_path_and_method_has_its_answer() {
    let (world, raw) = world().await;
    let root = METADATA.to_owned();
    let (full, slash) = (format!("{METADATA}/mcp"), format!("{METADATA}/mcp/"));
    let other = format!("{METADATA}/other");
    let endpoint = "GET, POST, DELETE, OPTIONS";
    let table: &[(&str, &str, u16, &str)] = &[
        ("GET", "/healthz", 200, ""),
        ("HEAD", "/healthz", 200, ""),
        ("GET", "/healthz?deep=1", 200, ""),
        ("POST", "/healthz", 405, "GET, HEAD"),
        ("GET", &root, 200, ""),
        ("GET", &full, 200, ""),
        ("GET", &slash, 200, ""),
        ("HEAD", &full, 200, ""),
        ("OPTIONS", &full, 204, ""),
        ("POST", &full, 405, "GET, HEAD, OPTIONS"),
        ("GET", &other, 404, ""),
        ("GET", "/.well-known/oauth-authorization-server", 404, ""),
        ("GET", "/.well-known/openid-configuration", 404, ""),
        ("GET", "/", 404, ""),
        ("GET", "/MCP", 404, ""),
        ("GET", "/mcp/x", 404, ""),
        ("GET", "/%6dcp", 404, ""),
        ("GET", "/favicon.ico", 404, ""),
        ("POST", "/register", 404, ""),
        ("OPTIONS", "/mcp", 204, ""),
        ("OPTIONS", "/mcp/", 204, ""),
        ("GET", "/mcp", 401, ""),
        ("POST", "/mcp", 401, ""),
        ("POST", "/mcp/", 401, ""),
        ("DELETE", "/mcp", 401, ""),
        ("POST", "/mcp?access_token=x", 401, ""),
        ("PUT", "/mcp", 405, endpoint),
        ("PATCH", "/mcp", 405, endpoint),
        ("HEAD", "/mcp", 405, endpoint),
        ("TRACE", "/mcp/", 405, endpoint),
        ("PROPFIND", "/mcp", 405, endpoint),
    ];
    for (method, path, status, allow) in table {
        let response = send(&world, method, path, &[]).await;
        let what = format!("{method} {path}");
        assert_eq!(response.status(), *status, "{what}");
        assert_eq!(header(response.headers(), "allow"), *allow, "{what}");
        assert_eq!(header(response.headers(), "x-request-id").len(), 36, "{what}");
        let challenged = response.headers().contains_key("www-authenticate");
        assert_eq!(challenged, *status == 401, "{what}");
        if *method == "HEAD" || *status == 204 {
            assert_eq!(response.text().await.unwrap(), "", "{what}");
            continue;
        }
        assert_eq!(response.headers()["content-type"], "application/json", "{what}");
        let id = header(response.headers(), "x-request-id").to_owned();
        let body: Value = response.json().await.unwrap();
        let expected = match status {
            404 => "not_found",
            405 => "method_not_allowed",
            401 => "missing_token",
            _ => continue,
        };
        assert_eq!(body["error"], expected, "{what}");
        assert!(body["error_description"].is_string(), "{what}");
        assert_eq!(body["request_id"], id, "{what}");
    }
    assert_nothing_went_out(&world, &raw);
    let expected = [["missing_token"; 5], ["method_not_allowed"; 5]].concat();
    let lines =
        world.gateway.stdout().wait_for(|lines| lines.len() >= expected.len(), PATIENCE).await.unwrap();
    let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let reasons: Vec<Value> = lines.map(|line| line["reason"].clone()).collect();
    assert_eq!(reasons, expected, "only requests to the endpoint leave a line");
}

#[tokio::test]
async fn health_says_its_version_and_asks_nobody() {
    let (world, raw) = world().await;
    world.stack.issuer.faults().set(rolecall_local::faults::Fault::Hangup);
    let response = send(&world, "GET", "/healthz", &[("host", "10.0.0.7:8080")]).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body, json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}));
    assert_nothing_went_out(&world, &raw);
}

#[tokio::test]
async fn metadata_comes_from_configuration_and_is_open_to_every_origin() {
    let world = World::with_config(|yaml| {
        yaml.replace("oidc:\n", "oidc:\n  requiredScopes: [aws]\n")
            .replace("resourceName:", "resourceDocumentation: https://docs.example.com/\nresourceName:")
    })
    .await;
    let expected = json!({
        "resource": world.gateway.url(),
        "authorization_servers": [world.stack.issuer.url()],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["aws"],
        "resource_name": "AWS through Rolecall (local)",
        "resource_documentation": "https://docs.example.com/",
    });
    for path in [METADATA.to_owned(), format!("{METADATA}/mcp")] {
        for headers in [vec![], vec![("host", "localhost:1")], vec![("origin", "https://evil.example")]] {
            let response = send(&world, "GET", &path, &headers).await;
            assert_eq!(header(response.headers(), "access-control-allow-origin"), "*", "{path}");
            assert_eq!(response.json::<Value>().await.unwrap(), expected, "{path} {headers:?}");
        }
    }
    let preflight = [
        ("origin", "https://app.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "mcp-protocol-version"),
    ];
    let response = send(&world, "OPTIONS", METADATA, &preflight).await;
    assert_eq!(header(response.headers(), "access-control-allow-origin"), "*");
    assert_eq!(header(response.headers(), "access-control-allow-headers"), "mcp-protocol-version");

    let challenged = send(&world, "POST", "/mcp", &[("host", "localhost:9")]).await;
    let metadata_url = format!("{}{METADATA}/mcp", world.gateway.origin());
    assert_eq!(
        header(challenged.headers(), "www-authenticate"),
        format!("Bearer resource_metadata=\"{metadata_url}\", scope=\"aws\"")
    );
    let body: Value = challenged.json().await.unwrap();
    assert_eq!((&body["resource_metadata"], &body["scope"]), (&json!(metadata_url), &json!("aws")));
}

#[tokio::test]
async fn a_preflight_is_answered_without_a_token_and_never_relayed() {
    let (world, raw) = world().await;
    let asked = [
        ("origin", "http://localhost:6274"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type,mcp-session-id"),
        ("authorization", "Bearer garbage"),
    ];
    let response = send(&world, "OPTIONS", "/mcp", &asked).await;
    assert_eq!(response.status(), 204);
    for (name, value) in [
        ("access-control-allow-origin", "http://localhost:6274"),
        ("access-control-allow-methods", "GET, POST, DELETE, OPTIONS"),
        ("access-control-allow-headers", "authorization, content-type, mcp-session-id"),
        ("access-control-max-age", "7200"),
        ("access-control-allow-credentials", ""),
    ] {
        assert_eq!(header(response.headers(), name), value, "{name}");
    }
    let refused = send(&world, "OPTIONS", "/mcp", &[("origin", "https://evil.example")]).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(header(refused.headers(), "access-control-allow-origin"), "");
    assert_nothing_went_out(&world, &raw);
}

#[tokio::test]
async fn a_bad_origin_is_refused_before_anything_else_happens() {
    let listed = |yaml| format!("allowedOrigins: ['https://app.example', 'vscode-webview://abc']\n{yaml}");
    let (world, raw) = World::with_raw_upstream_and_config(listed).await;
    let own = world.gateway.origin();
    let table = [
        (own.as_str(), true),
        ("https://app.example", true),
        ("vscode-webview://abc", true),
        ("http://localhost:3000", true),
        ("http://127.0.0.1", true),
        ("http://[::1]:8080", true),
        ("https://app.example:8443", false),
        ("http://app.example", false),
        ("https://app.example.evil.example", false),
        ("https://evil.example", false),
        ("http://localhost.evil.example", false),
        ("vscode-webview://other", false),
        ("null", false),
        ("", false),
        ("*", false),
        ("https://app.example/", false),
        ("https://app.example, https://evil.example", false),
    ];
    for (origin, allowed) in table {
        for method in ["POST", "GET", "DELETE", "PUT"] {
            let response = send(&world, method, "/mcp", &[("origin", origin)]).await;
            let status = if !allowed {
                403
            } else if method == "PUT" {
                405
            } else {
                401
            };
            assert_eq!(response.status(), status, "{method} from {origin:?}");
            let shared = header(response.headers(), "access-control-allow-origin").to_owned();
            assert_eq!(shared, if allowed { origin } else { "" }, "{method} from {origin:?}");
            assert!(header(response.headers(), "vary").contains("Origin"), "{method} from {origin:?}");
            if !allowed {
                assert!(!response.headers().contains_key("www-authenticate"));
                assert_eq!(reason(response).await, "origin_not_allowed", "{method} from {origin:?}");
            }
        }
    }
    let twice = exchange(
        &world,
        &post(&world, &[b"Origin: https://app.example", b"Origin: https://app.example"], b""),
    )
    .await;
    assert_eq!(twice.status(), 403);
    assert_nothing_went_out(&world, &raw);
}

#[tokio::test]
async fn answers_can_be_read_by_the_page_that_asked_refusals_included() {
    let (world, raw) = world().await;
    raw.push(Answer::json(200, "{}"));
    raw.push(Answer::hangup());
    let origin = "http://localhost:6274";
    for status in [200, 502] {
        let request = world.post(&world.token("alice"), CALL).header("origin", origin);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(header(response.headers(), "access-control-allow-origin"), origin);
        let exposed = header(response.headers(), "access-control-expose-headers");
        for name in ["mcp-session-id", "www-authenticate", "x-request-id"] {
            assert!(exposed.split(", ").any(|one| one == name), "{exposed}");
        }
    }
}

#[tokio::test]
async fn a_host_of_somebody_else_is_refused() {
    let (world, raw) = world().await;
    let table = [
        ("GET /mcp HTTP/1.1\r\nHost: evil.example\r\n", 403),
        ("GET /mcp HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n", 403),
        ("GET /mcp HTTP/1.1\r\nHost: 192.0.2.1\r\n", 403),
        ("GET /mcp HTTP/1.1\r\nHost: user@localhost\r\n", 403),
        ("GET /mcp HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", 403),
        ("GET /mcp HTTP/1.1\r\nHost: \r\n", 403),
        ("GET /mcp HTTP/1.1\r\n", 403),
        ("GET /mcp HTTP/1.0\r\n", 403),
        ("GET http://evil.example/mcp HTTP/1.1\r\nHost: localhost\r\n", 403),
        ("GET /.well-known/oauth-protected-resource HTTP/1.1\r\nHost: evil.example\r\n", 403),
        ("GET /other HTTP/1.1\r\nHost: evil.example\r\n", 403),
        ("OPTIONS /mcp HTTP/1.1\r\nHost: evil.example\r\n", 403),
        ("GET /mcp HTTP/1.1\r\nHost: localhost:1\r\n", 401),
        ("GET /mcp HTTP/1.1\r\nHost: [::1]:9000\r\n", 401),
        ("GET /mcp HTTP/1.1\r\nHost: LOCALHOST\r\n", 401),
        ("GET http://localhost/mcp HTTP/1.1\r\nHost: evil.example\r\n", 401),
        ("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n", 200),
        ("GET /healthz HTTP/1.0\r\n", 200),
    ];
    for (head, status) in table {
        let seen = exchange(&world, format!("{head}Connection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(seen.status(), status, "{head}");
        assert!(seen.head().contains("x-request-id: "), "{head}");
        if status == 403 {
            assert!(seen.text().contains("origin_not_allowed"), "{head}");
        }
    }
    assert_nothing_went_out(&world, &raw);
}

#[tokio::test]
async fn an_error_answers_the_requests_own_id_or_none() {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    raw.always(Answer::hangup());
    let token = world.token("alice");
    let table = [
        (r#"{"jsonrpc":"2.0","id":7,"method":"tools/list"}"#, Some("7")),
        (r#"{"jsonrpc":"2.0","id":1.0,"method":"tools/list"}"#, Some("1.0")),
        (r#"{"jsonrpc":"2.0","id":12345678901234567890123,"method":"x"}"#, Some("12345678901234567890123")),
        (r#"{"jsonrpc":"2.0","id":"a\u0062\"","method":"x"}"#, Some(r#""a\u0062\"""#)),
        (r#"{"jsonrpc":"2.0","id":"","method":"x"}"#, Some(r#""""#)),
        (r#"{"jsonrpc":"2.0","id":null,"method":"x"}"#, None),
        (r#"{"jsonrpc":"2.0","id":[1],"method":"x"}"#, None),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"x"}"#, None),
        (r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#, None),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, None),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"x"}]"#, None),
        ("no json", None),
        ("", None),
    ];
    for (body, id) in table {
        let response = world.post(&token, body).send().await.unwrap();
        assert_eq!(response.status(), 502, "{body}");
        assert_eq!(response.headers()["content-type"], "application/json", "{body}");
        let request_id = header(response.headers(), "x-request-id").to_owned();
        let text = response.text().await.unwrap();
        let error: Value = serde_json::from_str(&text).unwrap();
        match id {
            Some(id) => {
                assert!(
                    text.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":"#)),
                    "{body}: {text}"
                );
                let code = error["error"]["code"].as_i64().unwrap();
                assert!(!(-32768..=-32000).contains(&code), "{code} is reserved");
                assert!(error["error"]["message"].is_string());
                let data = json!({"reason": "upstream_unavailable", "requestId": request_id});
                assert_eq!(error["error"]["data"], data, "{body}");
            }
            None => {
                assert_eq!(error["error"], "upstream_unavailable", "{body}: {text}");
                assert_eq!(error["request_id"], request_id, "{body}");
                assert!(error.get("id").is_none(), "{body}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_the_token_is_looked_at() {
    let small = |yaml: String| format!("{yaml}limits: {{maxRequestBytes: 1000}}\n");
    let (world, raw) = World::with_raw_upstream_and_config(small).await;
    raw.always(Answer::json(200, "{}"));
    let body = |length: usize| format!("{CALL}{}", " ".repeat(length - CALL.len()));
    assert_eq!(world.post(&world.token("alice"), body(1000)).send().await.unwrap().status(), 200);
    for (length, token) in [(1001, world.token("alice")), (1999, "garbage".into())] {
        let mut request = post(&world, &[], body(length).as_bytes());
        if token == "garbage" {
            request =
                String::from_utf8(request).unwrap().replace(&world.token("alice"), "garbage").into_bytes();
        }
        let seen = exchange(&world, &request).await;
        assert_eq!(seen.status(), 413, "{length}: {}", seen.text());
        let error: Value = serde_json::from_slice(seen.body()).unwrap();
        assert_eq!(error["error"], "payload_too_large", "no id is known: {error}");
        assert!(error["error_description"].as_str().unwrap().contains("1000"), "{error}");
    }
    assert_eq!(raw.received().len(), 1);
    world.audit_line(|line| line["reason"] == "payload_too_large").await;
}

#[tokio::test]
async fn what_is_hardly_http_neither_crashes_nor_smuggles() {
    let (world, raw) = World::with_raw_upstream_and_config(without_meta).await;
    raw.always(Answer::json(200, "{}"));
    let token = world.token("alice");
    let head = format!("POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n");
    let smuggled =
        format!("GET /smuggled HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    let cases = [
        format!("{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}} "),
        format!("{head}Content-Length: +2\r\n\r\n{{}}"),
        format!("{head}Content-Length: 99999999999999999999\r\n\r\n{{}}"),
        format!("{head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        format!("{head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        format!("{head}{many}Content-Length: 0\r\n\r\n"),
        format!("{head}x: {}\r\nContent-Length: 0\r\n\r\n", "y".repeat(1 << 20)),
        format!("{head}x: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
        format!("{head}x: a\0b\r\nContent-Length: 0\r\n\r\n"),
        "\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(),
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(),
        format!("GET /{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "a/../".repeat(10_000)),
    ];
    for case in &cases {
        let mut stream = connect(&world).await;
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, case.as_bytes()).await;
        // Closing our side: whatever waits for more then ends, too.
        let _ = tokio::io::AsyncWriteExt::shutdown(&mut stream).await;
        let mut seen = Vec::new();
        let reading = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut seen);
        let _ = tokio::time::timeout(PATIENCE, reading).await.expect("the connection never ended");
        let alive = send(&world, "GET", "/healthz", &[]).await;
        assert_eq!(alive.status(), 200, "{}", case.get(..300).unwrap_or(case));
    }
    assert!(raw.received().iter().all(|received| received.target == "/mcp"));
    assert!(raw.received().iter().all(|received| received.header_values("transfer-encoding").is_empty()));
    assert!(world.gateway.id().is_some());
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let (world, raw) = world().await;
    raw.push(Answer::json(200, r#"{"first":1}"#));
    raw.push(Answer::json(200, r#"{"second":2}"#));
    let mut stream = connect(&world).await;
    let keep_open = |id: u64| {
        let bytes = post(&world, &[], request(id, "ping", json!({})).as_bytes());
        String::from_utf8(bytes).unwrap().replace("Connection: close\r\n", "")
    };
    for (id, end) in [(1, r#"{"first":1}"#), (2, r#"{"second":2}"#)] {
        tokio::io::AsyncWriteExt::write_all(&mut stream, keep_open(id).as_bytes()).await.unwrap();
        assert_eq!(read_until(&mut stream, end).await.status(), 200);
    }
}
