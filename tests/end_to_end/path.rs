//! The whole path: a token becomes a role session becomes a signed call.

use serde_json::{Value, json};

use crate::harness::{World, request};

#[tokio::test]
async fn three_users_get_three_roles() {
    let world = World::start().await;
    let cases = [
        ("alice", "arn:aws:iam::111122223333:role/S3ReadOnlyMCPRole", "1"),
        ("bob", "arn:aws:iam::444455556666:role/AdminMCPRole", "0"),
        ("carol", "arn:aws:iam::111122223333:role/DefaultMCPRole", "fallback"),
    ];
    for (user, role, _) in cases {
        let initialize = request(
            1,
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}),
        );
        let response = world.post(&world.token(user), initialize).send().await.unwrap();
        assert_eq!(response.status(), 200, "{user}");
        let line = world
            .audit_line(|line| line["type"] == "mcp_initialize" && line["aws"]["role_arn"] == role)
            .await;
        assert_eq!(line["outcome"], "success", "{line:#}");
        let call = world.stack.sts.calls().last().cloned().unwrap();
        assert_eq!(call.role_arn, role);
        assert_eq!(line["aws"]["session_name"], Value::from(call.session_name.clone()));
    }
}
