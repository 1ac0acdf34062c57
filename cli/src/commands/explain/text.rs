//! An explanation for people, station by station.

use std::io::{self, Write};

use rolecall_core::role::MappingRef;

use super::{
    asked::{Decided, Judged},
    explained::{Explained, Session},
    json::parameters,
    matched::Matched,
    presented::Trust,
};
use crate::console::{BAD, GOOD, ODD, STRONG, plain};

/// All of it.
pub fn write(explained: &Explained, out: &mut dyn Write) -> io::Result<()> {
    token(explained, out)?;
    if !explained.matches.is_empty() {
        writeln!(out, "{STRONG}mappings{STRONG:#}, in the order they are tried")?;
    }
    for mapping in &explained.matches {
        matched(mapping, explained.session.as_ref(), out)?;
    }
    if let Some(session) = &explained.session {
        of_session(session, out)?;
    }
    if let Some(call) = &explained.call {
        of_call(call, out)?;
    }
    if let Some(request) = &explained.request {
        writeln!(out, "{STRONG}STS request{STRONG:#}")?;
        for (name, value) in parameters(request) {
            writeln!(out, "  {name}: {}", plain(&value))?;
        }
    }
    for (notice, is_refusal) in explained.notices() {
        let style = if is_refusal { BAD } else { ODD };
        writeln!(out, "{style}notice{style:#}: {notice}")?;
    }
    conclusion(explained, out)
}

fn token(explained: &Explained, out: &mut dyn Write) -> io::Result<()> {
    let Some(presented) = &explained.presented else { return Ok(()) };
    write!(out, "{STRONG}token{STRONG:#}: ")?;
    match &presented.trust {
        Trust::Assumed => writeln!(out, "only its claims are given; they are taken as if verified"),
        Trust::Verified => writeln!(out, "{GOOD}verified{GOOD:#} with the issuer's keys"),
        Trust::KeysUnavailable => writeln!(
            out,
            "{ODD}signature not verified{ODD:#}: the issuer's keys cannot be fetched from here; all else about it is \
             good, so the rest holds if the signature does"
        ),
        Trust::Refused(error) => writeln!(out, "{BAD}refused{BAD:#}: {error}"),
    }
}

fn matched(mapping: &Matched, session: Option<&Session>, out: &mut dyn Write) -> io::Result<()> {
    let is_winner =
        session.is_some_and(|session| session.session.mapping() == MappingRef::Index(mapping.index));
    let (style, verdict) = match (mapping.is_match, is_winner) {
        (true, true) => (GOOD, "wins"),
        (true, false) => (ODD, "matches, but one before it wins"),
        (false, _) => (ODD, "no match"),
    };
    let priority =
        mapping.priority.map_or_else(|| "no priority".to_owned(), |value| format!("priority {value}"));
    writeln!(out, "  [{}] {priority}, {}: {style}{verdict}{style:#}", mapping.index, mapping.condition)?;
    writeln!(out, "      {}", mapping.reason)?;
    writeln!(out, "      {}", mapping.role_arn)
}

fn of_session(Session { session, claim, slug }: &Session, out: &mut dyn Write) -> io::Result<()> {
    let by = match session.mapping() {
        MappingRef::Index(index) => format!("by mapping [{index}]"),
        MappingRef::Fallback => "the fallback, because no mapping matches".to_owned(),
    };
    writeln!(out, "{STRONG}role{STRONG:#}: {} ({by})", session.role_arn())?;
    let origin = match slug {
        None => format!("the claim `{claim}` as it stands"),
        Some(problem) => format!("made from the claim `{claim}`, whose value cannot be one: {problem}"),
    };
    writeln!(out, "{STRONG}session{STRONG:#}: {} ({origin})", session.session_name())?;
    if let Some(region) = session.aws_region() {
        writeln!(out, "  calls go to {region} unless the client names a region")?;
    }
    Ok(())
}

fn of_call(call: &Judged, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{STRONG}call{STRONG:#}: {}", plain(&call.target))?;
    if !call.is_reached {
        writeln!(out, "  {ODD}the gateway does not get to policies{ODD:#}, which would decide:")?;
    }
    let by = |policies: &[String]| match policies {
        [] => String::new(),
        policies => format!(" by {}", policies.join(", ")),
    };
    match &call.decided {
        Decided::WithoutPolicies => {
            writeln!(out, "  no policies are configured: every call that the role allows passes")?;
        }
        Decided::Invalid(error) => writeln!(out, "  {BAD}refused{BAD:#} before policies are asked: {error}")?,
        Decided::Passes(ruling) => match (ruling.policies(), ruling.list()) {
            ([], Some(list)) => {
                writeln!(
                    out,
                    "  {GOOD}passes{GOOD:#}: needs no permit; `{}` of the answer is filtered",
                    list.member()
                )?;
            }
            ([], None) => writeln!(out, "  {GOOD}passes{GOOD:#}: needs no permit")?,
            (policies, _) => writeln!(out, "  {GOOD}allow{GOOD:#}{}", by(policies))?,
        },
        Decided::Denied(denial) => writeln!(out, "  {BAD}deny{BAD:#}{}: {denial}", by(denial.policies()))?,
    }
    for failure in call.decided.failures() {
        writeln!(out, "  {ODD}policy {} could not be evaluated{ODD:#}: {failure}", failure.policy)?;
    }
    let Some(facts) = &call.facts else { return Ok(()) };
    let groups = if facts.groups.is_empty() { "no group".to_owned() } else { facts.groups.join(", ") };
    writeln!(out, "  policies saw")?;
    writeln!(out, "    principal: {} in {groups}", facts.principal)?;
    writeln!(out, "    action: {}", facts.action)?;
    writeln!(out, "    resource: {}", facts.resource)?;
    for (name, value) in facts.attributes.as_object().into_iter().flatten() {
        writeln!(out, "      .{name}: {}", plain(&value.to_string()))?;
    }
    let context: Vec<&str> =
        facts.context.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    writeln!(out, "    context: {}", context.join(", "))?;
    Ok(())
}

fn conclusion(explained: &Explained, out: &mut dyn Write) -> io::Result<()> {
    match &explained.refusal {
        Some(refusal) => {
            let row = refusal.row();
            writeln!(out, "{BAD}refused{BAD:#}: {} ({}): {refusal}", row.reason, row.status.as_u16())
        }
        None if explained.sts_refuses() => {
            writeln!(out, "{BAD}STS would refuse{BAD:#}: see the notices")
        }
        None => writeln!(out, "{GOOD}fine{GOOD:#}: the gateway would ask STS for this session"),
    }
}
