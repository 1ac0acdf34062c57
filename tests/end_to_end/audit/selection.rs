//! Which lines are written.

use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::{
    harness::{World, pong, request},
    tcp::connect,
};

#[tokio::test]
async fn only_the_event_types_that_the_configuration_selects_are_written() {
    let select = "audit: {eventTypes: [mcp_ping, mcp_tools_list], excludeEventTypes: [mcp_ping]}\n";
    let (world, raw) = World::with_raw_upstream_and_config(|yaml| format!("{yaml}{select}")).await;
    raw.always(pong());
    assert_eq!(world.ping_with("not a token").await.status(), 401);
    assert_eq!(world.ping().await.status(), 200);
    let list = world.post(&world.token("alice"), request(2, "tools/list", json!({})));
    assert_eq!(list.send().await.unwrap().status(), 200);
    world.audit_line(|line| line["type"] == "mcp_tools_list").await;
    assert_eq!(world.audit().len(), 1, "{:#?}", world.audit());
}

#[tokio::test]
async fn a_request_that_breaks_off_before_its_end_leaves_its_line() {
    let world = World::start().await;
    let mut stream = connect(&world).await;
    let head = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{\"half\"";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let line = world.audit_line(|line| line["type"] == "request_refused").await;
    assert_eq!((&line["reason"], &line["source"]), (&json!("invalid_request"), &json!("127.0.0.1")));
}
