//! The demo: three users, three roles, an allowed call, a denied one, and one without a token.
//! What it prints comes from the STS's records, the MCP server's answers and the gateway's audit lines, and these
//! have to agree.

use rolecall_local::{
    Result,
    gateway::{GatewayBinary, GatewayProcess},
    mcp::BUCKETS,
    stack::{ADMIN_ROLE, DEFAULT_ROLE, REGION, S3_READ_ONLY_ROLE, SERVICE, Stack},
    users::{ALICE, BOB, CAROL, User},
};

use crate::{
    exchange::{self, Exchange},
    facts::AuditLine,
    paint,
};

/// A user and what must come of their exchange.
struct Expected {
    user: User,
    role: &'static str,
    may_list_buckets: bool,
}

const EXPECTED: [Expected; 3] = [
    Expected { user: ALICE, role: S3_READ_ONLY_ROLE, may_list_buckets: true },
    Expected { user: BOB, role: ADMIN_ROLE, may_list_buckets: true },
    Expected { user: CAROL, role: DEFAULT_ROLE, may_list_buckets: false },
];

/// The expectations that did not hold.
#[derive(Default)]
struct Verdict(Vec<String>);

impl Verdict {
    fn expect(&mut self, what: &str, found: &str, expected: &str) {
        if found != expected {
            self.0.push(format!("{what}: expected \"{expected}\", found \"{found}\""));
        }
    }
}

/// Runs the demo; false if an expectation did not hold.
pub(crate) async fn run() -> Result<bool> {
    let stack = Stack::start().await?;
    eprintln!("building the gateway");
    let binary = GatewayBinary::build().await?;
    let gateway = stack.start_gateway(binary.path()).await?;
    paint::heading("Rolecall", "everything on this machine");
    paint::hop("issuer", &stack.issuer.url());
    paint::hop("sts", &stack.sts.url());
    paint::hop("upstream", &stack.mcp.url());
    paint::hop("gateway", &gateway.url());

    let mut verdict = Verdict::default();
    for expected in &EXPECTED {
        if let Err(failure) = walk(&stack, &gateway, expected, &mut verdict).await? {
            verdict.0.push(format!("{}: {failure}", expected.user.name));
        }
    }
    if let Err(failure) = knock(&gateway, &mut verdict).await {
        verdict.0.push(format!("without a token: {failure}"));
    }
    Ok(conclude(&stack, &gateway, &verdict))
}

async fn walk(
    stack: &Stack,
    gateway: &GatewayProcess,
    expected: &Expected,
    verdict: &mut Verdict,
) -> Result<std::result::Result<(), String>> {
    let Expected { user, role, .. } = expected;
    paint::heading(user.name, &format!("in {}", user.groups.join(", ")));
    let token = stack.issuer.token_for(*user)?;
    paint::hop(
        "token",
        &format!("RS256 from {}, sub {}, {} bytes", stack.issuer.url(), user.sub(), token.len()),
    );
    let exchange = match exchange::make(&gateway.url(), &token).await {
        Ok(exchange) => exchange,
        Err(failure) => return Ok(Err(failure)),
    };
    let audit = match AuditLine::of_call(gateway, &user.sub(), "list_buckets").await {
        Ok(audit) => audit,
        Err(failure) => return Ok(Err(failure)),
    };
    paint::hop("role", &format!("{} (audit line {})", audit.text("/aws/role_arn"), audit.text("/audit_id")));
    verdict.expect(&format!("{}'s role in the audit line", user.name), audit.text("/aws/role_arn"), role);
    check_session(stack, expected, &audit, verdict);
    check_signature(user, &exchange, &audit, verdict);
    check_result(expected, &exchange, verdict);
    Ok(Ok(()))
}

/// One call to STS, for this user and role, serves the whole exchange.
fn check_session(stack: &Stack, expected: &Expected, audit: &AuditLine, verdict: &mut Verdict) {
    let name = expected.user.name;
    let calls: Vec<_> = stack
        .sts
        .calls()
        .into_iter()
        .filter(|call| call.subject.as_deref() == Some(&expected.user.sub()))
        .collect();
    verdict.expect(&format!("{name}'s calls to STS"), &calls.len().to_string(), "1");
    let Some(call) = calls.first() else { return };
    let (Ok(outcome) | Err(outcome)) = &call.outcome;
    let duration = call.duration.as_deref().unwrap_or("3600");
    paint::hop(
        "session",
        &format!("AssumeRoleWithWebIdentity: {outcome}, session {}, {duration} s", call.session_name),
    );
    verdict.expect(&format!("{name}'s role at STS"), &call.role_arn, expected.role);
    verdict.expect(&format!("{name}'s access key"), audit.text("/aws/access_key_id"), outcome);
    verdict.expect(&format!("{name}'s session name"), audit.text("/aws/session_name"), &call.session_name);
    verdict.expect(&format!("{name}'s last credentials"), audit.text("/aws/credentials"), "cached");
}

/// The MCP server verified a signature made with just those credentials.
fn check_signature(user: &User, exchange: &Exchange, audit: &AuditLine, verdict: &mut Verdict) {
    let seen = |field: &str| exchange.whoami.get(field).and_then(|value| value.as_str()).unwrap_or_default();
    paint::hop("signed", &format!("SigV4 {SERVICE} in {REGION}, verified upstream: {}", seen("accessKeyId")));
    let name = user.name;
    verdict.expect(&format!("{name}'s role upstream"), seen("roleArn"), audit.text("/aws/role_arn"));
    verdict.expect(
        &format!("{name}'s session upstream"),
        seen("sessionName"),
        audit.text("/aws/session_name"),
    );
    verdict.expect(&format!("{name}'s key upstream"), seen("accessKeyId"), audit.text("/aws/access_key_id"));
    verdict.expect(&format!("{name}'s AWS_REGION upstream"), seen("awsRegion"), "us-west-2");
}

fn check_result(expected: &Expected, exchange: &Exchange, verdict: &mut Verdict) {
    let Exchange { tools, buckets, .. } = exchange;
    let outcome = if buckets.is_error { "denied" } else { "allowed" };
    let text = buckets.text.replace('\n', ", ");
    paint::hop("result", &format!("{tools} tools; list_buckets {outcome}: {text}"));
    let wanted = if expected.may_list_buckets { "allowed" } else { "denied" };
    verdict.expect(&format!("{}'s list_buckets", expected.user.name), outcome, wanted);
    let says = if expected.may_list_buckets { BUCKETS.join(", ") } else { "AccessDenied".into() };
    if !text.contains(&says) {
        verdict.0.push(format!("{}'s list_buckets does not say \"{says}\": {text}", expected.user.name));
    }
}

async fn knock(gateway: &GatewayProcess, verdict: &mut Verdict) -> std::result::Result<(), String> {
    paint::heading("nobody", "without a token");
    let refused = exchange::without_token(&gateway.url()).await?;
    paint::hop("result", &format!("{} {}", refused.status, refused.challenge));
    verdict.expect("the status without a token", &refused.status.to_string(), "401");
    if !refused.challenge.starts_with("Bearer resource_metadata=\"") {
        verdict.0.push("the challenge does not point to the resource metadata".into());
    }
    let audit = AuditLine::of_refusal(gateway, "missing_token").await?;
    paint::hop("audit", &format!("{} {}", audit.text("/type"), audit.text("/reason")));
    Ok(())
}

fn conclude(stack: &Stack, gateway: &GatewayProcess, verdict: &Verdict) -> bool {
    if verdict.0.is_empty() {
        let (exchanges, requests) = (stack.sts.calls().len(), stack.mcp.calls().len());
        paint::held(&format!(
            "Everything held: {requests} signed requests upstream, {exchanges} calls to STS, no AWS account."
        ));
        return true;
    }
    println!();
    verdict.0.iter().for_each(|failure| paint::failed(failure));
    eprintln!("\nthe gateway's log:\n{}", gateway.stderr().text());
    false
}
