//! The decision as DESIGN words it, without regard to speed: every policy is asked alone, about every group and value, and
//! the answers are put together here.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Effect, Entities, Entity, EntityId, EntityUid, Policy, PolicySet, Request,
    RestrictedExpression as Expression,
};
use num_bigint::BigInt;
use rolecall_core::{
    authorize::{AwsCommand, Call},
    mcp::Target,
};
use serde_json::{Map, json};

use crate::{
    check::{FILE, GROUPS, ROLE, SERVER, SUBJECT},
    reference::Value,
};

/// What the policies say, and which of them could not be evaluated.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub verdict: Verdict,
    pub failed: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Permitted(Vec<String>),
    Forbidden(Vec<String>),
    ForbidFailed(Vec<String>),
    NotPermitted,
    Other(String),
}

/// Alice's token.
pub fn claims() -> Map<String, serde_json::Value> {
    Map::from_iter([("sub".to_owned(), json!(SUBJECT)), ("groups".to_owned(), json!(GROUPS))])
}

/// What the policies say of the call that `message` holds.
pub fn decide(policies: &str, call: &Call<'_>, message: &Value) -> Answer {
    let policies: PolicySet = policies.parse().expect("the gateway has parsed them");
    let (request, entities) = question(call, message);
    let (mut permits, mut forbids, mut failed, mut failed_forbids) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for policy in policies.policies() {
        let alone = PolicySet::from_policies([policy.clone()]).expect("one policy is a set");
        let response = Authorizer::new().is_authorized(&request, &alone, &entities);
        let (applies, is_forbid) =
            (response.diagnostics().reason().next().is_some(), policy.effect() == Effect::Forbid);
        if response.diagnostics().errors().next().is_some() {
            failed.push(id(policy));
            if is_forbid {
                failed_forbids.push(id(policy));
            }
        } else if applies {
            if is_forbid { &mut forbids } else { &mut permits }.push(id(policy));
        }
    }
    for ids in [&mut permits, &mut forbids, &mut failed, &mut failed_forbids] {
        ids.sort();
    }
    let verdict = match (&forbids[..], &failed_forbids[..], &permits[..]) {
        ([], [], []) => Verdict::NotPermitted,
        ([], [], _) => Verdict::Permitted(permits),
        ([], ..) => Verdict::ForbidFailed(failed_forbids),
        _ => Verdict::Forbidden(forbids),
    };
    Answer { verdict, failed }
}

fn id(policy: &Policy) -> String {
    let own = || format!("{FILE}:{}", policy.id());
    policy.annotation("id").map_or_else(own, str::to_owned)
}

fn question(call: &Call<'_>, message: &Value) -> (Request, Entities) {
    let (principal, server) = (uid("User", SUBJECT), uid("Server", SERVER));
    let groups = GROUPS.map(|group| uid("Group", group));
    let user = Entity::new_no_attrs(principal.clone(), HashSet::from(groups.clone()));
    let resource = resource(call, message, &server);
    let set = Expression::new_set(GROUPS.map(text));
    let claims = record([("sub", text(SUBJECT)), ("groups", set)]);
    let context = [("claims", claims), ("role", text(ROLE)), ("account", text("111122223333"))];
    let context =
        Context::from_pairs(context.map(|(name, value)| (name.to_owned(), value))).expect("no name twice");
    let action = uid("Action", call.method());
    let request = Request::new(principal, action, resource.uid(), context, None).expect("there is no schema");
    (request, Entities::from_entities([user, resource], None).expect("two entities"))
}

fn resource(call: &Call<'_>, message: &Value, server: &EntityUid) -> Entity {
    let arguments = message.get("params").and_then(|params| params.get("arguments"));
    let arguments = arguments.filter(|arguments| matches!(arguments, Value::Object(_)));
    let record_of = || arguments.and_then(value).unwrap_or_else(|| record([]));
    let (uid, attributes) = match call.target() {
        None => return Entity::new_no_attrs(server.clone(), HashSet::new()),
        Some(Target::Tool(name)) => {
            let aws = arguments
                .and_then(|arguments| arguments.get("cli_command"))
                .map(|command| ("aws", facts(command)));
            let known = [("tool_name", text(name)), ("arguments", record_of())];
            (uid("Tool", name), known.into_iter().chain(aws).collect::<Vec<_>>())
        }
        Some(Target::Prompt(name)) => {
            (uid("Prompt", name), vec![("prompt_name", text(name)), ("arguments", record_of())])
        }
        Some(Target::Resource(uri)) => (uid("Resource", uri), vec![("uri", text(uri))]),
    };
    let attributes: HashMap<_, _> =
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Entity::new(uid, attributes, HashSet::from([server.clone()])).expect("attributes are values")
}

/// Commands have a table of cases of their own; here they only have to arrive.
fn facts(command: &Value) -> Expression {
    let Some(Ok(command)) = command.text().map(AwsCommand::parse) else {
        return record([("parsed", Expression::new_bool(false))]);
    };
    let options = command.options().map(|(name, words)| {
        let value = match words {
            [] => text(""),
            [word] => text(word),
            words => Expression::new_set(words.iter().map(|word| text(word))),
        };
        (name.to_owned(), value)
    });
    let options = Expression::new_record(options).expect("no option twice");
    let named = [("region", command.region()), ("profile", command.profile())];
    let known = [
        ("parsed", Expression::new_bool(true)),
        ("service", text(command.service())),
        ("operation", text(command.operation())),
        ("options", options),
    ];
    record(known.into_iter().chain(named.into_iter().filter_map(|(name, value)| Some((name, text(value?))))))
}

/// Null, numbers that Cedar cannot hold, and lists with either in them are absent.
fn value(of: &Value) -> Option<Expression> {
    match of {
        Value::Null => None,
        Value::Bool(value) => Some(Expression::new_bool(*value)),
        Value::Number(number) if number.contains(['.', 'e', 'E']) => {
            decimal(number).map(Expression::new_decimal)
        }
        Value::Number(number) => number.parse().ok().map(Expression::new_long),
        Value::Text(value) => Some(text(value)),
        Value::List(items) => Some(Expression::new_set(items.iter().map(value).collect::<Option<Vec<_>>>()?)),
        Value::Object(members) => {
            Some(record(members.iter().filter_map(|(name, of)| Some((name.as_str(), value(of)?)))))
        }
    }
}

/// The number times ten thousand as an integer, where it is one of 64 bits.
fn decimal(number: &str) -> Option<String> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
    if digits == BigInt::ZERO {
        return Some("0.0".to_owned());
    }
    // A body has no more digits than bytes, so a larger exponent leaves nothing that fits.
    let exponent: i64 = exponent.parse().ok().filter(|exponent: &i64| exponent.abs() < 10_000)?;
    let shift = exponent - i64::try_from(fraction.len()).ok()? + 4;
    let ten = BigInt::from(10).pow(u32::try_from(shift.unsigned_abs()).ok()?);
    let units = if shift >= 0 {
        digits * ten
    } else if (&digits % &ten) == BigInt::ZERO {
        digits / ten
    } else {
        return None;
    };
    let units = i64::try_from(units).ok()?;
    let (sign, units) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    Some(format!("{sign}{}.{:04}", units / 10_000, units % 10_000))
}

fn uid(name: &str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(name.parse().expect("a name"), EntityId::new(id))
}

fn text(text: &str) -> Expression {
    Expression::new_string(text.to_owned())
}

fn record<'n>(members: impl IntoIterator<Item = (&'n str, Expression)>) -> Expression {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Expression::new_record(members).expect("no name twice")
}
