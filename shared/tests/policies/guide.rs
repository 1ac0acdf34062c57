//! `docs/policies.md`: every policy on the page loads, and every request on it is decided as the text says.
//!
//! The policies under one heading are loaded together. A request is told of by the paragraph before it, which begins
//! with "Permitted by `id`", "Refused by `id`" or "Refused". What the server says of its tools is the block after "The
//! server's list says:". What is marked `cedar invalid` has to be refused with the
//! words of the block after it.

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use rolecall_core::{
    authorize::{Annotations, Authorization, DenyStatus, PolicyFile},
    role::SessionOptions,
};
use serde_json::{Map, Value, json};

use crate::question::{Answer, Decision, Question, ask};

const GUIDE: &str = include_str!("../../../docs/policies.md");
const ROLE: &str = "arn:aws:iam::111122223333:role/AnyRole";

/// A fenced block of the page.
struct Block<'a> {
    heading: &'a str,
    /// The last line of text before it.
    before: &'a str,
    language: &'a str,
    text: String,
}

#[test]
fn every_request_of_the_guide_is_decided_as_it_says() {
    let blocks = blocks();
    let claims = alice(&blocks);
    let mut requests = 0;
    for block in blocks.iter().filter(|block| block.language == "json" && !is_token(block) && !is_list(block))
    {
        let annotations = annotations(&blocks, block);
        let authorization = load(&policies(&blocks, block.heading)).unwrap();
        let answer = answer(&authorization, &claims, annotations, &block.text);
        assert_eq!((answer.decision, answer.by), said(block.before), "{}: {}", block.heading, block.text);
        requests += 1;
    }
    assert!(requests >= 20, "the guide lost requests: {requests}");
}

#[test]
fn every_policy_of_the_guide_loads() {
    let blocks = blocks();
    for block in blocks.iter().filter(|block| block.language == "cedar") {
        load(&block.text).unwrap_or_else(|mistakes| panic!("{}: {mistakes}", block.heading));
    }
}

#[test]
fn the_mistake_of_the_guide_is_told_in_its_words() {
    let blocks = blocks();
    let wrong = blocks.iter().position(|block| block.language == "cedar invalid").unwrap();
    let (Some(wrong), Some(told)) = (blocks.get(wrong), blocks.get(wrong + 1)) else { panic!("no words") };
    assert_eq!(load(&wrong.text).unwrap_err(), told.text.trim_end());
}

fn blocks() -> Vec<Block<'static>> {
    let (mut heading, mut before) = ("", "");
    let mut blocks = Vec::new();
    let mut lines = GUIDE.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text =
                lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
            blocks.push(Block { heading, before, language, text });
        } else if line.starts_with('#') {
            heading = line;
        } else if !line.is_empty() {
            before = line;
        }
    }
    blocks
}

fn policies(blocks: &[Block<'_>], heading: &str) -> String {
    let of_heading = blocks.iter().filter(|block| block.heading == heading && block.language == "cedar");
    of_heading.map(|block| block.text.as_str()).collect()
}

fn is_token(block: &Block<'_>) -> bool {
    block.before.ends_with("Alice's token says:")
}

fn is_list(block: &Block<'_>) -> bool {
    block.before == "The server's list says:"
}

/// What the list of its heading says of the tool that a request calls.
fn annotations(blocks: &[Block<'_>], request: &Block<'_>) -> Option<Annotations> {
    let list = blocks.iter().find(|block| block.heading == request.heading && is_list(block))?;
    let tools: Vec<Value> = serde_json::from_str(&list.text).unwrap();
    let call: Value = serde_json::from_str(&request.text).unwrap();
    let tool = tools.iter().find(|tool| tool["name"] == call["params"]["name"])?;
    Some(Annotations::read(&tool["annotations"].to_string()).unwrap())
}

fn alice(blocks: &[Block<'_>]) -> Map<String, Value> {
    let token = blocks.iter().find(|block| is_token(block)).unwrap();
    let mut claims: Map<String, Value> = serde_json::from_str(&token.text).unwrap();
    claims.insert("role".to_owned(), json!("everybody"));
    claims
}

fn load(policies: &str) -> Result<Authorization, String> {
    let file = PolicyFile { name: "policies/analysts.cedar".to_owned(), text: policies.to_owned() };
    Authorization::new(&[file], None, "groups", None, DenyStatus::Forbidden)
        .map_err(|mistakes| mistakes.to_string())
}

/// What the text before a request says: the ids are those between backticks, up to the first comma or colon.
fn said(sentence: &str) -> (Decision, Vec<String>) {
    let claim = sentence.split([',', ':']).next().unwrap();
    let by = claim.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    match claim.split(' ').next() {
        Some("Permitted") => (Decision::Permit, by),
        Some("Refused") => (Decision::Deny, by),
        _ => panic!("what is decided here? {sentence}"),
    }
}

fn answer(
    authorization: &Authorization,
    claims: &Map<String, Value>,
    annotations: Option<Annotations>,
    body: &str,
) -> Answer {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let question = Question {
        claims,
        role: ROLE,
        mapped: SessionOptions::default(),
        source_ip: None,
        protocol_version: None,
        client: None,
        annotations,
        headers,
        body: body.as_bytes(),
    };
    ask(authorization, question)
}
