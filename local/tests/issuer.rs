//! The issuer's tokens, judged by a JWT library over the JWKS as served.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use aws_lc_rs::{
    encoding::AsDer,
    hmac,
    signature::{RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::Jwk};
use rolecall_local::{
    faults::Fault,
    http::client,
    issuer::{Forgery, Issuer, IssuerOptions, Signature},
    users,
};
use serde_json::{Value, json};

async fn issuer() -> Issuer {
    Issuer::start(IssuerOptions::default()).await.unwrap()
}

async fn get(url: String) -> Value {
    client().get(url).send().await.unwrap().json().await.unwrap()
}

async fn jwks(issuer: &Issuer) -> Vec<Value> {
    let discovery = get(format!("{}/.well-known/openid-configuration", issuer.url())).await;
    assert_eq!(discovery["issuer"], issuer.url());
    get(discovery["jwks_uri"].as_str().unwrap().into()).await["keys"].as_array().unwrap().clone()
}

/// The claims, if the library believes the token.
async fn judge(issuer: &Issuer, token: &str) -> Option<Value> {
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let header = decode_header(token).ok()?;
    let key = jwks(issuer).await.into_iter().find(|key| key["kid"] == json!(header.kid))?;
    let key = DecodingKey::from_jwk(&serde_json::from_value::<Jwk>(key).ok()?).ok()?;
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&["aws-mcp"]);
    validation.set_issuer(&[issuer.url()]);
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    Some(decode::<Value>(token, &key, &validation).ok()?.claims)
}

#[tokio::test]
async fn good_tokens_are_believed() {
    let issuer = issuer().await;
    for alg in ["RS256", "RS384", "RS512", "ES256", "ES384", "PS256"] {
        let token = issuer.forge(&Forgery::new().alg(alg).claim("groups", json!(["admins"]))).unwrap();
        let claims = judge(&issuer, &token).await.unwrap_or_else(|| panic!("{alg} refused"));
        assert_eq!(claims["groups"], json!(["admins"]), "{alg}");
    }
    let claims = judge(&issuer, &issuer.token_for(users::ALICE).unwrap()).await.unwrap();
    assert_eq!(claims["sub"], "alice@example.com");
    let developer = client().get(format!("{}/token?user=bob", issuer.url())).send().await.unwrap();
    let developer = developer.text().await.unwrap();
    assert_eq!(judge(&issuer, developer.trim()).await.unwrap()["groups"], json!(["admins"]));
}

#[tokio::test]
async fn forged_tokens_are_not() {
    let issuer = issuer().await;
    let forgeries = [
        ("foreign key", Forgery::new().signature(Signature::ForeignKey)),
        ("foreign EC key", Forgery::new().alg("ES384").signature(Signature::ForeignKey)),
        ("tampered", Forgery::new().signature(Signature::Tampered)),
        ("unsigned", Forgery::new().signature(Signature::Missing)),
        ("HS256 with the public key", Forgery::hs256_with_public_key()),
        ("alg none", Forgery::alg_none()),
        ("unknown kid", Forgery::new().kid("nobody")),
        ("expired", Forgery::new().claim("exp", 1)),
        ("not yet valid", Forgery::new().claim("nbf", 99_999_999_999_u64)),
        ("wrong audience", Forgery::new().claim("aud", "other")),
        ("wrong issuer", Forgery::new().claim("iss", "https://other.example")),
        ("no exp", Forgery::new().without("exp")),
        ("payload not JSON", Forgery::new().payload(*b"\xff{")),
    ];
    for (name, forgery) in forgeries {
        let token = issuer.forge(&forgery).unwrap();
        assert_eq!(judge(&issuer, &token).await, None, "{name}");
    }
}

#[tokio::test]
async fn hs256_forgery_is_a_true_hmac_over_the_public_pem() {
    let issuer = issuer().await;
    let key = jwks(&issuer).await.into_iter().find(|key| key["kty"] == "RSA").unwrap();
    let part = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let der = RsaPublicKeyComponents { n: part("n"), e: part("e") }.as_der().unwrap();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}", STANDARD.encode(der.as_ref()));

    let token = issuer.forge(&Forgery::hs256_with_public_key()).unwrap();
    assert_eq!(decode_header(&token).unwrap().alg, Algorithm::HS256);
    let (input, signature) = token.rsplit_once('.').unwrap();
    let pem = wrap_at_64(&pem) + "\n-----END PUBLIC KEY-----\n";
    let secret = hmac::Key::new(hmac::HMAC_SHA256, pem.as_bytes());
    hmac::verify(&secret, input.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
}

fn wrap_at_64(pem: &str) -> String {
    let (head, base64) = pem.split_once('\n').unwrap();
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("{head}\n{}", lines.join("\n"))
}

#[tokio::test]
async fn weak_key_signs_correctly() {
    let issuer = issuer().await;
    assert!(issuer.forge(&Forgery::rsa_1024()).is_err(), "not published yet");
    issuer.publish_weak_key();
    let token = issuer.forge(&Forgery::rsa_1024()).unwrap();
    let key = jwks(&issuer).await.into_iter().find(|key| key["kid"] == "weak-rsa-1024").unwrap();
    let part = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    assert_eq!(part("n").len(), 128);
    let (input, signature) = token.rsplit_once('.').unwrap();
    RsaPublicKeyComponents { n: part("n"), e: part("e") }
        .verify(
            &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            input.as_bytes(),
            &URL_SAFE_NO_PAD.decode(signature).unwrap(),
        )
        .expect("a correct signature, only too short");
}

#[tokio::test]
async fn rotation_changes_kid_and_keeps_old_keys_only_if_asked() {
    let issuer = issuer().await;
    let first = issuer.mint(json!({})).unwrap();
    issuer.rotate(true).unwrap();
    let second = issuer.mint(json!({})).unwrap();
    assert_ne!(decode_header(&first).unwrap().kid, decode_header(&second).unwrap().kid);
    assert!(judge(&issuer, &first).await.is_some());
    assert!(judge(&issuer, &second).await.is_some());
    issuer.rotate(false).unwrap();
    assert!(judge(&issuer, &first).await.is_none());
    assert!(judge(&issuer, &second).await.is_none());
    assert!(judge(&issuer, &issuer.mint(json!({})).unwrap()).await.is_some());
}

#[tokio::test]
async fn faults_and_counters() {
    let issuer = issuer().await;
    let url = format!("{}/.well-known/openid-configuration", issuer.url());
    issuer.claim_issuer(Some("https://evil.example"));
    assert_eq!(get(url.clone()).await["issuer"], "https://evil.example");
    issuer.claim_issuer(None);
    issuer.publish_malformed_keys(true);
    assert_eq!(jwks(&issuer).await[0]["kid"], "malformed");
    assert!(judge(&issuer, &issuer.mint(json!({})).unwrap()).await.is_some(), "good keys are still there");
    assert_eq!((issuer.discovery_requests(), issuer.jwks_requests()), (3, 2));

    issuer.faults().set(Fault::Unavailable);
    assert_eq!(client().get(&url).send().await.unwrap().status(), 503);
    issuer.faults().set(Fault::Hangup);
    assert!(client().get(&url).send().await.is_err());
    issuer.faults().set(Fault::None);
    assert_eq!(issuer.discovery_requests(), 3, "a fault acts before the request is looked at");
    drop(issuer);
    assert!(client().get(&url).send().await.unwrap_err().is_connect());
}
