//! Station *authenticate* from outside: which tokens pass, and how every other one is refused, with nobody contacted.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Method, RequestBuilder, Response};
use rolecall_local::{
    issuer::{Forgery, Signature},
    raw::Raw,
    stack::Stack,
};
use serde_json::{Value, json};

use crate::harness::{World, now, ponging_upstream, request};

const NOT_A_JWT: &str = "the token is not a signed JWT; opaque and encrypted tokens cannot be exchanged at STS: \
                         ask the identity provider for a JWT access token";
const NOT_ALLOWED: &str =
    "the token's signature algorithm is not allowed; allowed: RS256, RS384, RS512, ES256, ES384, ES512";
const WRONG_AUDIENCE: &str = "the token is for another audience; request one for aws-mcp";
const BAD_SIGNATURE: &str = "the token's signature is not valid";
const BAD_EXP: &str = "the token's exp claim is not a whole number of seconds since 1970";

/// How often anybody behind the gateway was asked for anything.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Contacts {
    pub sts: usize,
    pub upstream: usize,
    pub discovery: u64,
    pub jwks: u64,
}

impl Contacts {
    pub fn of(world: &World, raw: &Raw) -> Self {
        let Stack { issuer, sts, .. } = &world.stack;
        Self {
            sts: sts.calls().len(),
            upstream: raw.received().len(),
            discovery: issuer.discovery_requests(),
            jwks: issuer.jwks_requests(),
        }
    }
}

/// A gateway that has its keys and has served one request, before an upstream that answers pings.
async fn warm_world() -> (World, Raw) {
    let (world, raw) = world("").await;
    assert_eq!(world.ping().await.status(), 200);
    (world, raw)
}

/// A gateway with these lines in the configuration's `oidc` section.
async fn world(oidc: &str) -> (World, Raw) {
    let stack = Stack::start().await.unwrap();
    stack.issuer.publish_weak_key();
    let raw = ponging_upstream(&stack).await;
    let lines = format!("  audience: aws-mcp\n  {oidc}\n");
    let change = |yaml: String| yaml.replacen("  audience: aws-mcp\n", &lines, 1);
    (World::over(stack, &raw.url(), &[], change).await, raw)
}

fn ping(world: &World, authorization: &[impl AsRef<[u8]>]) -> RequestBuilder {
    let post = world.http.post(world.gateway.url()).header("content-type", "application/json");
    let post =
        post.header("accept", "application/json, text/event-stream").body(request(1, "ping", json!({})));
    authorization.iter().fold(post, |post, value| post.header("authorization", value.as_ref()))
}

/// The whole challenge, in the form the contract fixes.
fn challenge(world: &World, scope: &str, error: Option<(&str, &str)>) -> String {
    let metadata = metadata_url(world);
    let scope = if scope.is_empty() { String::new() } else { format!(r#", scope="{scope}""#) };
    let error = error.map_or(String::new(), |(code, description)| {
        format!(r#", error="{code}", error_description="{description}""#)
    });
    format!(r#"Bearer resource_metadata="{metadata}"{scope}{error}"#)
}

fn metadata_url(world: &World) -> String {
    format!("{}/.well-known/oauth-protected-resource/mcp", world.gateway.origin())
}

fn challenges(response: &Response) -> Vec<String> {
    let values = response.headers().get_all("www-authenticate").iter();
    values.map(|value| value.to_str().unwrap().to_owned()).collect()
}

/// A 401 of the plain form, its challenge and its body saying the same.
async fn assert_unauthorized(world: &World, name: &str, response: Response, reason: &str, description: &str) {
    assert_eq!(response.status(), 401, "{name}");
    let error = (reason == "invalid_token").then_some(("invalid_token", description));
    assert_eq!(challenges(&response), [challenge(world, "", error)], "{name}");
    assert_eq!(response.headers()["content-type"], "application/json", "{name}");
    let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    let expected = json!({
        "error": reason,
        "error_description": description,
        "request_id": request_id,
        "resource_metadata": metadata_url(world),
    });
    assert_eq!(body, expected, "{name}");
}

#[tokio::test]
async fn good_tokens_pass() {
    let (world, _raw) = warm_world().await;
    let issuer = &world.stack.issuer;
    let new = Forgery::new;
    let algorithms = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"].map(|alg| (alg, new().alg(alg)));
    let others = [
        ("without kid", new().without_kid()),
        ("ES256 without kid", new().alg("ES256").without_kid()),
        ("an access token's type", new().header("typ", "at+jwt")),
        (
            "foreign key locations",
            new().header("jku", "https://evil.example/jwks").header("x5u", "https://evil.example"),
        ),
        ("a list of audiences", new().claim("aud", json!(["aws-mcp"]))),
        ("within the skew, expired", new().claim("exp", now() - 30)),
        ("within the skew, not yet valid", new().claim("nbf", now() + 30).claim("iat", now() + 30)),
    ];
    for (name, forgery) in algorithms.into_iter().chain(others) {
        let response = world.ping_with(&issuer.forge(&forgery).unwrap()).await;
        assert_eq!(response.status(), 200, "{name}");
    }
    let token = world.token("alice");
    for authorization in [format!("bearer {token}"), format!("BEARER {token}"), format!("Bearer   {token} ")]
    {
        assert_eq!(
            ping(&world, &[&authorization]).send().await.unwrap().status(),
            200,
            "{authorization:.10}"
        );
    }
}

#[tokio::test]
async fn a_forged_token_is_refused_before_anybody_is_asked() {
    let (world, raw) = warm_world().await;
    let issuer = &world.stack.issuer;
    let new = Forgery::new;
    let with = |claim: &str, value: Value| new().claim(claim, value);
    let signed = |signature| new().signature(signature);
    let other_issuer = "the token was issued by another issuer than this gateway trusts";
    let cases = [
        ("other issuer", with("iss", json!("https://evil.example")), other_issuer),
        ("issuer with a slash", with("iss", json!(format!("{}/", issuer.url()))), other_issuer),
        ("issuer in a list", with("iss", json!([issuer.url()])), "the token's iss claim is not a string"),
        ("no issuer", new().without("iss"), "the token's iss claim is missing"),
        ("other issuer, unknown kid", with("iss", json!("https://evil.example")).kid("x"), other_issuer),
        ("other audience", with("aud", json!("other")), WRONG_AUDIENCE),
        ("other audiences", with("aud", json!(["other", "another"])), WRONG_AUDIENCE),
        ("no audience", new().without("aud"), "the token's aud claim is missing"),
        ("audience is a number", with("aud", json!(7)), WRONG_AUDIENCE),
        ("audience is null", with("aud", json!(null)), WRONG_AUDIENCE),
        ("audience is an object", with("aud", json!({"aws-mcp": "aws-mcp"})), WRONG_AUDIENCE),
        ("audience nested", with("aud", json!([["aws-mcp"]])), WRONG_AUDIENCE),
        ("expired", with("exp", json!(now() - 3600)), "the token has expired"),
        ("expired, unknown kid", with("exp", json!(now() - 3600)).kid("x"), "the token has expired"),
        ("no exp", new().without("exp"), "the token's exp claim is missing"),
        ("exp is text", with("exp", json!("99999999999")), BAD_EXP),
        ("fractional exp", with("exp", json!(1e10 + 0.5)), BAD_EXP),
        ("negative exp", with("exp", json!(-1)), BAD_EXP),
        ("exp is null", with("exp", json!(null)), BAD_EXP),
        ("not yet valid", with("nbf", json!(now() + 3600)), "the token is not valid yet"),
        (
            "nbf is text",
            with("nbf", json!("0")),
            "the token's nbf claim is not a whole number of seconds since 1970",
        ),
        (
            "issued in the future",
            with("iat", json!(now() + 3600)),
            "the token was issued in the future: the clocks of issuer and gateway differ",
        ),
        ("no sub", new().without("sub"), "the token's sub claim is missing"),
        ("empty sub", with("sub", json!("")), "the token's sub claim is empty"),
        ("sub is a number", with("sub", json!(42)), "the token's sub claim is not a string"),
        ("alg none", Forgery::alg_none(), NOT_ALLOWED),
        ("alg nOnE", new().alg("nOnE").signature(Signature::Missing), NOT_ALLOWED),
        ("HS256 with the public key", Forgery::hs256_with_public_key(), NOT_ALLOWED),
        ("PS256", new().alg("PS256"), NOT_ALLOWED),
        ("EdDSA", new().alg("EdDSA").signature(Signature::Missing), NOT_ALLOWED),
        ("alg is a list", new().header("alg", json!(["RS256"])), NOT_A_JWT),
        ("crit", new().crit("b64"), "the token's header demands extensions (crit) that are not supported"),
        (
            "empty crit",
            new().header("crit", json!([])),
            "the token's header demands extensions (crit) that are not supported",
        ),
        ("RSA-1024", Forgery::rsa_1024(), "the token is signed with an RSA key of less than 2048 bits"),
        ("tampered", signed(Signature::Tampered), BAD_SIGNATURE),
        ("tampered ES512", signed(Signature::Tampered).alg("ES512"), BAD_SIGNATURE),
        ("another's RSA key", signed(Signature::ForeignKey), BAD_SIGNATURE),
        ("another's EC key", signed(Signature::ForeignKey).alg("ES256"), BAD_SIGNATURE),
        (
            "an embedded key",
            signed(Signature::ForeignKey).header("jwk", json!({"kty": "RSA"})),
            BAD_SIGNATURE,
        ),
        ("no signature", signed(Signature::Missing), BAD_SIGNATURE),
        ("oversized", with("pad", json!("x".repeat(16_384))), "the token is larger than 16384 bytes"),
        ("payload is text", new().payload("text"), NOT_A_JWT),
        ("payload is a list", new().payload("[]"), NOT_A_JWT),
        ("payload is nested too deeply", new().payload("[".repeat(5000)), NOT_A_JWT),
    ];
    let before = Contacts::of(&world, &raw);
    for (name, forgery, description) in cases {
        let token = issuer.forge(&forgery).unwrap();
        let response = world.ping_with(&token).await;
        assert_unauthorized(&world, name, response, "invalid_token", description).await;
        assert_eq!(Contacts::of(&world, &raw), before, "{name}");
    }
}

#[tokio::test]
async fn a_header_without_a_readable_token_is_refused_before_anybody_is_asked() {
    const MISSING: &str = "no bearer token: sign in and send `Authorization: Bearer <access token>`";
    let (world, raw) = warm_world().await;
    let good = world.token("alice");
    let bearer = |token: &str| format!("Bearer {token}").into_bytes();
    let jwe_header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
    let repeated = "the request has more than one Authorization header";
    let cases: [(&str, Vec<Vec<u8>>, &str, &str); 16] = [
        ("no header", vec![], "missing_token", MISSING),
        ("Basic", vec![b"Basic YWxpY2U6c2VjcmV0".to_vec()], "missing_token", MISSING),
        ("another scheme", vec![format!("Token {good}").into_bytes()], "missing_token", MISSING),
        ("no scheme", vec![good.clone().into_bytes()], "missing_token", MISSING),
        ("scheme only", vec![b"Bearer".to_vec()], "missing_token", MISSING),
        ("glued", vec![format!("Bearer{good}").into_bytes()], "missing_token", MISSING),
        ("two headers", vec![bearer(&good), bearer(&good)], "invalid_token", repeated),
        ("Basic and Bearer", vec![b"Basic eDp5".to_vec(), bearer(&good)], "invalid_token", repeated),
        ("two tokens in one", vec![bearer(&format!("{good}, Bearer {good}"))], "invalid_token", NOT_A_JWT),
        ("opaque", vec![bearer("2YotnFZFEjr1zCsicMWpAA")], "invalid_token", NOT_A_JWT),
        ("dots", vec![bearer("..")], "invalid_token", NOT_A_JWT),
        ("two parts", vec![bearer("eyJhbGciOiJSUzI1NiJ9.e30")], "invalid_token", NOT_A_JWT),
        ("garbage", vec![bearer("a.b.c")], "invalid_token", NOT_A_JWT),
        (
            "encrypted",
            vec![bearer(&format!("{jwe_header}.a2V5.aXY.dGV4dA.dGFn"))],
            "invalid_token",
            NOT_A_JWT,
        ),
        ("not ASCII", vec![b"Bearer \xff\xfe.\xc3\xa9.x".to_vec()], "invalid_token", NOT_A_JWT),
        ("a padded token", vec![bearer(&format!("{good}=="))], "invalid_token", BAD_SIGNATURE),
    ];
    let before = Contacts::of(&world, &raw);
    for (name, authorization, reason, description) in cases {
        let response = ping(&world, &authorization).send().await.unwrap();
        assert_unauthorized(&world, name, response, reason, description).await;
        assert_eq!(Contacts::of(&world, &raw), before, "{name}");
    }
    let none: [&str; 0] = [];
    let url = format!("{}?access_token={good}&token={good}", world.gateway.url());
    let in_query = world.http.post(url).body("{}").send().await.unwrap();
    assert_unauthorized(&world, "in the query", in_query, "missing_token", MISSING).await;
    let elsewhere = ping(&world, &none).header("cookie", format!("access_token={good}"));
    let elsewhere = elsewhere.header("x-authorization", format!("Bearer {good}")).send().await.unwrap();
    assert_unauthorized(&world, "elsewhere", elsewhere, "missing_token", MISSING).await;
    assert_eq!(Contacts::of(&world, &raw), before);
}

#[tokio::test]
async fn every_method_needs_a_token_of_its_own() {
    let (world, raw) = warm_world().await;
    let before = Contacts::of(&world, &raw);
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let call =
            || world.http.request(method.clone(), world.gateway.url()).header("mcp-session-id", "of-alice");
        let refused = call().send().await.unwrap();
        let description = "no bearer token: sign in and send `Authorization: Bearer <access token>`";
        assert_unauthorized(&world, method.as_str(), refused, "missing_token", description).await;
        let refused = call().bearer_auth("a.b.c").send().await.unwrap();
        assert_unauthorized(&world, method.as_str(), refused, "invalid_token", NOT_A_JWT).await;
    }
    assert_eq!(Contacts::of(&world, &raw), before);
    for method in [Method::GET, Method::DELETE] {
        let call = world.http.request(method.clone(), world.gateway.url()).bearer_auth(world.token("alice"));
        assert_eq!(call.send().await.unwrap().status(), 200, "{method}");
        assert_eq!(raw.received().last().unwrap().method, method.as_str());
    }
}

#[tokio::test]
async fn a_missing_scope_is_named_in_a_challenge() {
    let (world, raw) = world("requiredScopes: [mcp, tools:call]").await;
    let allowed = [
        json!({"scope": "mcp tools:call"}),
        json!({"scope": "openid tools:call mcp"}),
        json!({"scp": ["tools:call", "mcp"]}),
        json!({"scp": "mcp tools:call"}),
        json!({"scope": "mcp", "scp": ["tools:call"]}),
    ];
    for claims in allowed {
        assert_eq!(world.ping_with(&world.mint(claims.clone())).await.status(), 200, "{claims}");
    }
    let before = Contacts::of(&world, &raw);
    let refused = [
        json!({}),
        json!({"scope": "mcp"}),
        json!({"scope": "mcp tools:call:all"}),
        json!({"scope": "MCP TOOLS:CALL"}),
        json!({"scope": "mcp,tools:call"}),
        json!({"scp": ["mcp tools:call"]}),
        json!({"scope": {"mcp": true, "tools:call": true}}),
    ];
    for claims in refused {
        let response = world.ping_with(&world.mint(claims.clone())).await;
        assert_eq!(response.status(), 403, "{claims}");
        let description = "the token lacks a required scope; request: mcp tools:call";
        let expected = challenge(&world, "mcp tools:call", Some(("insufficient_scope", description)));
        assert_eq!(challenges(&response), [expected], "{claims}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"], "insufficient_scope", "{claims}");
        assert_eq!(body["scope"], "mcp tools:call", "{claims}");
        assert_eq!(body["resource_metadata"], metadata_url(&world), "{claims}");
    }
    let missing = ping(&world, &[""; 0]).send().await.unwrap();
    assert_eq!(challenges(&missing), [challenge(&world, "mcp tools:call", None)]);
    let body: Value = missing.json().await.unwrap();
    assert_eq!((&body["error"], &body["scope"]), (&json!("missing_token"), &json!("mcp tools:call")));
    assert_eq!(Contacts::of(&world, &raw), before);
}

#[tokio::test]
async fn only_allowed_clients_may_call_whichever_claim_names_them() {
    let (world, raw) = world("allowedClients: [aws-mcp, other]").await;
    for claim in ["azp", "client_id", "cid", "appid"] {
        assert_eq!(world.ping_with(&world.mint(json!({claim: "aws-mcp"}))).await.status(), 200, "{claim}");
    }
    let before = Contacts::of(&world, &raw);
    let refused = [
        json!({}),
        json!({"azp": "stranger"}),
        json!({"client_id": "stranger"}),
        json!({"cid": "AWS-MCP"}),
        json!({"appid": ["aws-mcp"]}),
        json!({"azp": "stranger", "client_id": "aws-mcp"}),
        json!({"azp": null, "client_id": "aws-mcp"}),
        json!({"sub": "aws-mcp"}),
    ];
    for claims in refused {
        let response = world.ping_with(&world.mint(claims.clone())).await;
        assert_eq!(response.status(), 403, "{claims}");
        assert_eq!(challenges(&response), [""; 0], "{claims}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"], "client_not_allowed", "{claims}");
        assert_eq!(body.get("resource_metadata"), None, "{claims}");
    }
    assert_eq!(Contacts::of(&world, &raw), before);
}

#[tokio::test]
async fn only_the_issuers_own_tokens_learn_that_client_or_scope_is_wrong() {
    let (world, _raw) = world("requiredScopes: [mcp]\n  allowedClients: [aws-mcp]").await;
    for claims in [json!({"azp": "stranger", "scope": "mcp"}), json!({"azp": "aws-mcp"})] {
        let forged = Forgery::new().claims(claims.clone()).signature(Signature::Tampered);
        let response = world.ping_with(&world.stack.issuer.forge(&forged).unwrap()).await;
        assert_eq!(response.status(), 401, "{claims}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error_description"], BAD_SIGNATURE, "{claims}");
    }
}
