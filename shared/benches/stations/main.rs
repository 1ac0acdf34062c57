//! What each station computes, and all of a small warm call together; `cargo bench -p rolecall-core`.
//! The goal for `warm call` is below 100 µs (docs/performance.md).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may stop at its first mistake")]
#![allow(missing_docs, reason = "the macros of criterion make public functions")]

mod fixture;
mod policies;
mod token;

use std::{collections::HashMap, hint::black_box, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::Method;
use rolecall_core::{
    authenticate::{UnverifiedToken, VerifiedClaims, bearer_token},
    authorize::{Caller, Incoming, List, ListFilter, Permit},
    config::Config,
    exchange::{ExchangeRequest, operation_for},
    front_door::{check_origin, route},
    mcp::{Message, inject_meta},
    relay::{request_headers, response_headers},
    role::{RoleChoice, choose},
    sign::sign,
};

use token::{NOW, Token};

criterion_group!(stations, authenticate, map_role, authorize, exchange, relay, signature, audit, warm_call);
criterion_main!(stations);

fn authenticate(criterion: &mut Criterion) {
    let config = fixture::claim_mappings(10);
    let mut group = criterion.benchmark_group("authenticate");
    for (name, token) in [("RS256", Token::rs256()), ("ES256", Token::es256())] {
        group.bench_function(name, |bencher| bencher.iter(|| black_box(&token).verify(&config.oidc)));
    }
    let token = Token::rs256();
    group.bench_function("parse and check", |bencher| {
        bencher.iter(|| {
            UnverifiedToken::parse(black_box(&token.text), 16_384).unwrap().check(&config.oidc, NOW).is_ok()
        });
    });
    group.bench_function("digest of a known token", |bencher| {
        bencher.iter(|| digest(&SHA256, black_box(token.text.as_bytes())));
    });
}

fn map_role(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("map role");
    let cases = [
        ("10 claims", fixture::claim_mappings(10)),
        ("100 claims", fixture::claim_mappings(100)),
        ("a matcher", fixture::matcher()),
    ];
    for (name, config) in cases {
        let claims = Token::es256().verify(&config.oidc);
        group.bench_function(name, |bencher| bencher.iter(|| chosen(black_box(&claims), &config)));
    }
}

/// The strict reading of the body and the decision; and what policies cost at the start.
fn authorize(criterion: &mut Criterion) {
    let config = fixture::claim_mappings(1);
    let claims = Token::es256().verify(&config.oidc);
    let choice = chosen(&claims, &config);
    let (headers, body) = (policies::headers(), fixture::small_call());
    let message = Message::peek(&body);
    let mut group = criterion.benchmark_group("authorize");
    for count in [10, 100] {
        let authorization = policies::authorization(count);
        group.bench_function(format!("a call under {count} policies"), |bencher| {
            bencher.iter(|| {
                let incoming = Incoming::read(&Method::POST, &headers, black_box(&body)).unwrap();
                let connection = policies::connection(&headers, &message);
                authorization.permit(&claims, &choice, &incoming, None, connection).unwrap()
            });
        });
    }
    let caller = Caller { subject: claims.subject(), claims: &claims, role: choice.role_arn() };
    let authorization = Arc::new(policies::authorization(100));
    let answer = fixture::list_of_tools(100);
    group.bench_function("a list of 100 tools under 100 policies", |bencher| {
        bencher.iter(|| {
            let connection = policies::connection(&headers, &message);
            let filter = ListFilter::new(&authorization, &caller, &connection, Some(List::Tools)).unwrap();
            filter.document(black_box(&answer)).unwrap()
        });
    });
    group.bench_function("loading 100 policies", |bencher| bencher.iter(|| policies::authorization(100)));
}

fn exchange(criterion: &mut Criterion) {
    let config = fixture::claim_mappings(10);
    let claims = Token::es256().verify(&config.oidc);
    let choice = chosen(&claims, &config);
    criterion.bench_function("exchange/request and key", |bencher| {
        bencher.iter(|| exchange_for(black_box(&claims), &choice, &config));
    });
}

fn relay(criterion: &mut Criterion) {
    let meta = fixture::claim_mappings(1).upstream.meta;
    let headers = fixture::client_headers(&Token::es256().text);
    let mut group = criterion.benchmark_group("relay");
    group.bench_function("request headers", |bencher| bencher.iter(|| request_headers(black_box(&headers))));
    group
        .bench_function("response headers", |bencher| bencher.iter(|| response_headers(black_box(&headers))));
    for (name, body) in bodies() {
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(format!("peek at {name}"), |bencher| {
            bencher.iter(|| Message::peek(black_box(&body)).request_id().is_some());
        });
        group.bench_function(format!("_meta into {name}"), |bencher| {
            bencher.iter(|| inject_meta(black_box(&body), &meta).unwrap());
        });
    }
}

fn signature(criterion: &mut Criterion) {
    let config = fixture::claim_mappings(1);
    let headers = request_headers(&fixture::client_headers(&Token::es256().text));
    let credentials = fixture::credentials();
    let mut group = criterion.benchmark_group("sign");
    for (name, body) in bodies() {
        group.throughput(Throughput::Bytes(body.len() as u64));
        let request = fixture::unsigned(&config, headers.clone(), body);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                sign(request.clone(), &credentials, "us-east-1", "aws-mcp", fixture::clock()).unwrap()
            });
        });
    }
}

/// The line of an answered call, and what an answer's watching and the recording of bodies add to it.
fn audit(criterion: &mut Criterion) {
    let config = fixture::claim_mappings(10);
    let token = Token::es256();
    let claims = token.verify(&config.oidc);
    let choice = chosen(&claims, &config);
    let (credentials, headers) = (fixture::credentials(), fixture::client_headers(&token.text));
    let body = fixture::small_call();
    let message = Message::peek(&body);
    let line = |data| {
        fixture::audit_line(&config, &claims, &choice, &credentials, &headers, black_box(&message), data)
    };
    let (request, answer) = (fixture::small_call(), fixture::answer(200));
    let mut group = criterion.benchmark_group("audit");
    group.bench_function("line", |bencher| bencher.iter(|| line(None)));
    group.bench_function("line, small answer watched", |bencher| {
        bencher.iter(|| (fixture::watched(black_box(&answer), 0).0, line(None)));
    });
    group.bench_function("line, small call and answer recorded", |bencher| {
        bencher.iter(|| line(Some(fixture::data(black_box(&request), black_box(&answer)))));
    });
    for (name, size) in [("4 KB", 4096), ("1 MB", 1 << 20)] {
        let answer = fixture::answer(size);
        group.throughput(Throughput::Bytes(answer.len() as u64));
        group.bench_function(format!("watching an answer of {name}"), |bencher| {
            bencher.iter(|| fixture::watched(black_box(&answer), 0).0);
        });
        group.bench_function(format!("recording 4096 characters of {name}"), |bencher| {
            bencher.iter(|| fixture::data(black_box(b""), black_box(&answer)));
        });
    }
}

/// Everything between a request's arrival and its departure but IO, with token and credentials known.
fn warm_call(criterion: &mut Criterion) {
    let config = fixture::config(&[
        "claim: admins".to_owned(),
        r#"matcher: '"s3-readers" in claims["groups"] && claims["org"] == "engineering"'"#.to_owned(),
    ]);
    let token = Token::es256();
    let claims = token.verify(&config.oidc);
    let known = HashMap::from([(token_digest(&token.text), claims)]);
    let headers = fixture::client_headers(&token.text);
    let body = fixture::small_call();
    let exchange = exchange_of(&known[&token_digest(&token.text)], &config).1;
    let sessions = HashMap::from([(exchange.key().clone(), fixture::credentials())]);

    criterion.bench_function("warm call", |bencher| {
        bencher.iter(|| {
            let message = Message::peek(black_box(&body));
            black_box(route(&Method::POST, "/mcp", &config.resource));
            check_origin(&headers, &config.resource, &config.allowed_origins, false).unwrap();
            let claims = &known[&token_digest(bearer_token(&headers).unwrap())];
            let (choice, exchange) = exchange_of(claims, &config);
            let credentials = sessions[exchange.key()].clone();
            black_box(credentials.freshness(fixture::clock()));
            let meta = config.upstream.meta_for(choice.aws_region());
            let body = inject_meta(&body, &meta).unwrap().map_or_else(|| body.clone(), Bytes::from);
            let request = fixture::unsigned(&config, request_headers(&headers), body);
            let signed = sign(request, &credentials, "us-east-1", "aws-mcp", fixture::clock()).unwrap();
            let line = fixture::audit_line(&config, claims, &choice, &credentials, &headers, &message, None);
            (signed, line)
        });
    });
}

fn exchange_of(claims: &VerifiedClaims, config: &Config) -> (RoleChoice, ExchangeRequest) {
    let choice = chosen(claims, config);
    let exchange = exchange_for(claims, &choice, config);
    (choice, exchange)
}

fn exchange_for(claims: &VerifiedClaims, choice: &RoleChoice, config: &Config) -> ExchangeRequest {
    let operation = operation_for(claims, &config.aws_sts).unwrap();
    ExchangeRequest::new(claims, choice, &Permit::without_policies(choice), operation).unwrap()
}

fn chosen(claims: &VerifiedClaims, config: &Config) -> RoleChoice {
    choose(claims, &config.aws_sts, &mut |_, _| {}).unwrap()
}

fn token_digest(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

fn bodies() -> [(&'static str, Bytes); 2] {
    [("a small call", fixture::small_call()), ("1 MB", fixture::large_call())]
}
