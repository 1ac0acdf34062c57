//! The delegation chain of a token: who acts for its subject (RFC 8693 section 4.1).

use serde_json::Value;

use super::Actor;
use crate::mcp::loggable;

/// Actors named in a line; a longer chain shows its latest ones.
const MAX_ACTORS: usize = 8;

impl Actor {
    /// The actors of an `act` claim, the current one first: each may hold the one before it in an `act` of its own; some
    /// issuers write a list instead. What is no object ends the chain.
    #[must_use]
    pub(super) fn chain(act: &Value) -> Vec<Self> {
        match act {
            Value::Array(actors) => actors.iter().take(MAX_ACTORS).filter_map(Self::read).collect(),
            nested => std::iter::successors(Some(nested), |act| act.get("act"))
                .take(MAX_ACTORS)
                .map_while(Self::read)
                .collect(),
        }
    }

    fn read(act: &Value) -> Option<Self> {
        let text = |names: &[&str]| {
            let value = names.iter().find_map(|name| act.get(name)?.as_str())?;
            Some(loggable(value).to_owned())
        };
        act.is_object().then(|| Self {
            issuer: text(&["iss"]),
            sub: text(&["sub"]),
            client_id: text(&["client_id", "azp", "cid", "appid"]),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subs(act: &Value) -> Vec<String> {
        Actor::chain(act).into_iter().map(|actor| actor.sub.unwrap_or_default()).collect()
    }

    #[test]
    fn the_current_actor_comes_first() {
        let table = [
            (json!({"sub": "agent"}), vec!["agent"]),
            (json!({"sub": "agent", "act": {"sub": "orchestrator"}}), vec!["agent", "orchestrator"]),
            (json!([{"sub": "agent"}, {"sub": "orchestrator"}]), vec!["agent", "orchestrator"]),
            (json!({"sub": 7, "act": {"sub": "x"}}), vec!["", "x"]),
            (json!({"sub": "agent", "act": "x"}), vec!["agent"]),
            (json!({"sub": "agent", "act": null}), vec!["agent"]),
            (json!(["x", {"sub": "agent"}]), vec!["agent"]),
            (json!("agent"), vec![]),
            (json!(null), vec![]),
        ];
        for (act, expected) in table {
            assert_eq!(subs(&act), expected, "{act}");
        }
        let all = json!({"iss": "https://idp.example", "sub": "s", "azp": "c"});
        let text = |text: &str| Some(text.to_owned());
        let actor = Actor { issuer: text("https://idp.example"), sub: text("s"), client_id: text("c") };
        assert_eq!(Actor::chain(&all), [actor]);
    }

    #[test]
    fn long_chains_and_texts_are_cut() {
        let nested = (0..100).fold(json!({}), |act, _| json!({"sub": "x", "act": act}));
        assert_eq!(subs(&nested).len(), MAX_ACTORS);
        assert_eq!(subs(&json!(vec![json!({"sub": "x"}); 100])).len(), MAX_ACTORS);
        assert_eq!(subs(&json!({"sub": "é".repeat(1000)})), ["é".repeat(256)]);
    }
}
