//! What a policy's scope says of no call there is: an action that is no method of MCP, or one that no policy is asked
//! about. Cedar finds nothing wrong with either.

use cedar_policy::{
    ActionConstraint, Effect, EntityUid, Policy, PolicySet, PrincipalConstraint, ResourceConstraint,
};

use super::Need;
use crate::mcp::method;

/// The methods that need a permit by name; others with a slash may be extensions.
const ASKED: [&str; 6] = [
    method::TOOLS_CALL,
    method::PROMPTS_GET,
    method::RESOURCES_READ,
    method::RESOURCES_SUBSCRIBE,
    method::RESOURCES_UNSUBSCRIBE,
    method::COMPLETION_COMPLETE,
];

/// Problem and remedy of each action in the scope of `policy` that stands for no decision. With a schema, which may
/// group actions under names of its own, only methods that no policy is asked about are named.
pub(super) fn scope_doubts(policy: &Policy, has_schema: bool) -> Vec<(String, String)> {
    let actions = match policy.action_constraint() {
        ActionConstraint::Any => Vec::new(),
        ActionConstraint::In(actions) => actions,
        ActionConstraint::Eq(action) => vec![action],
    };
    actions.iter().filter_map(|action| doubt(action, policy.effect(), has_schema)).collect()
}

fn doubt(action: &EntityUid, effect: Effect, has_schema: bool) -> Option<(String, String)> {
    let method = AsRef::<str>::as_ref(action.id());
    let what = match effect {
        Effect::Permit => "permits nothing",
        Effect::Forbid => "forbids nothing",
    };
    match Need::of(method) {
        Need::Nothing => {
            Some((format!("Action::\"{method}\" {what}: the method always passes"), "remove it".to_owned()))
        }
        Need::Filter(_) => Some((
            format!(
                "Action::\"{method}\" {what}: a list always passes, without the items that no call could reach"
            ),
            "write the method that uses an item, for example tools/call".to_owned(),
        )),
        Need::Permit if ASKED.contains(&method) || method.contains('/') || has_schema => None,
        Need::Permit => Some((
            format!("Action::\"{method}\" {what}: MCP has no such method"),
            format!("write a method as MCP spells it: {}", ASKED.join(", ")),
        )),
    }
}

/// What makes the whole set decide alike for every call: the policy to look at, problem and remedy.
pub(super) fn set_doubt(set: &PolicySet) -> Option<(&Policy, &'static str, &'static str)> {
    let first = |effect| {
        set.policies().filter(move |policy| policy.effect() == effect).min_by_key(|policy| policy.id())
    };
    match (first(Effect::Permit), first(Effect::Forbid)) {
        (Some(_), None) => {
            let all =
                set.policies().filter(|policy| is_unconditional(policy)).min_by_key(|policy| policy.id())?;
            let problem = "permits every call of everybody, and no policy forbids any";
            Some((all, problem, "narrow it, or remove the authorization section"))
        }
        (None, Some(forbid)) => {
            let problem = "no policy permits anything, so every call is denied";
            Some((forbid, problem, "write a permit for what may be called"))
        }
        _ => None,
    }
}

fn is_unconditional(policy: &Policy) -> bool {
    matches!(policy.principal_constraint(), PrincipalConstraint::Any)
        && matches!(policy.action_constraint(), ActionConstraint::Any)
        && matches!(policy.resource_constraint(), ResourceConstraint::Any)
        && !policy.has_non_scope_constraint()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> PolicySet {
        text.parse().unwrap()
    }

    #[test]
    fn only_actions_that_stand_for_no_decision_are_doubtful() {
        for (action, has_schema, doubts) in [
            (r#"action == Action::"tools/call""#, false, 0),
            (r#"action == Action::"tasks/cancel""#, false, 0),
            (r#"action == Action::"call_tool""#, false, 1),
            // The schema may call a group of actions so.
            (r#"action in [Action::"use"]"#, true, 0),
            (r#"action == Action::"initialize""#, true, 1),
            (r#"action in [Action::"tools/list", Action::"prompts/list"]"#, false, 2),
            ("action", false, 0),
        ] {
            for effect in ["permit", "forbid"] {
                let set = set(&format!("{effect} (principal, {action}, resource);"));
                let found = set.policies().flat_map(|policy| scope_doubts(policy, has_schema)).count();
                assert_eq!(found, doubts, "{effect} {action}");
            }
        }
    }

    #[test]
    fn a_set_that_decides_alike_for_every_call_is_doubtful() {
        let all = "permit (principal, action, resource);";
        let some = r#"permit (principal in Group::"a", action, resource);"#;
        let never = r#"forbid (principal, action, resource == Tool::"x");"#;
        for (text, is_doubtful) in [
            (all.to_owned(), true),
            (format!("{some}{all}"), true),
            (format!("{all}{never}"), false),
            (some.to_owned(), false),
            (never.to_owned(), true),
            (format!("{never}{some}"), false),
            ("permit (principal, action, resource) when { context has x };".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(set_doubt(&set(&text)).is_some(), is_doubtful, "{text}");
        }
    }
}
