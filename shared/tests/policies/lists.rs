//! Runs `cases/policies/shipped_lists.yaml`: what people find in lists under the policies that ship.

use std::sync::Arc;

use rolecall_core::{
    authorize::{Authorization, Caller, Connection, List, ListFilter},
    role::SessionOptions,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{caller, shipped};

const ROLE: &str = "arn:aws:iam::111122223333:role/AnyRole";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    offered: Lists,
    /// Of the tools that have some.
    annotations: Map<String, Value>,
    seen: Vec<Seen>,
}

#[derive(Deserialize)]
struct Seen {
    who: String,
    claims: Map<String, Value>,
    #[serde(flatten)]
    lists: Lists,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Lists {
    tools: Vec<String>,
    prompts: Vec<String>,
    resources: Vec<String>,
}

#[test]
fn everybody_sees_what_they_may_use() {
    let table: Table = serde_saphyr::from_str(include_str!("../cases/policies/shipped_lists.yaml")).unwrap();
    let authorization = Arc::new(shipped::authorization());
    let none = Map::new();
    for Seen { who, mut claims, lists } in table.seen {
        claims.insert("role".to_owned(), json!("everybody"));
        let seen = Lists {
            tools: visible(
                &authorization,
                &claims,
                List::Tools,
                "name",
                &table.offered.tools,
                &table.annotations,
            ),
            prompts: visible(&authorization, &claims, List::Prompts, "name", &table.offered.prompts, &none),
            resources: visible(
                &authorization,
                &claims,
                List::Resources,
                "uri",
                &table.offered.resources,
                &none,
            ),
        };
        assert_eq!(seen, lists, "{who}");
    }
}

fn visible(
    authorization: &Arc<Authorization>,
    claims: &Map<String, Value>,
    list: List,
    key: &str,
    offered: &[String],
    annotations: &Map<String, Value>,
) -> Vec<String> {
    let claims = caller::verified(claims);
    let choice = caller::choice(&claims, ROLE, SessionOptions::default());
    let caller = Caller { subject: claims.subject(), claims: &claims, role: choice.role_arn() };
    let connection =
        Connection { server: "aws-mcp.example.com", source_ip: None, protocol_version: None, client: None };
    let filter = ListFilter::new(authorization, &caller, &connection, Some(list)).unwrap();

    let items: Vec<Value> = offered
        .iter()
        .map(|item| match annotations.get(item) {
            Some(annotations) => json!({ key: item, "annotations": annotations }),
            None => json!({ key: item }),
        })
        .collect();
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": {list.member(): items}}).to_string();
    let filtered = filter.document(answer.as_bytes()).unwrap().unwrap_or_else(|| answer.into_bytes());
    let answer: Value = serde_json::from_slice(&filtered).unwrap();
    let items = answer["result"][list.member()].as_array().unwrap();
    items.iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}
