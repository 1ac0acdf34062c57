//! Policies as IAM reads them: what may be one or a list, names without regard to case, operators with their qualifiers.

use serde_json::Value;

use super::document::child;

/// A statement and where it is.
#[derive(Clone)]
pub struct Statement<'a> {
    /// Pointer to it.
    pub at: String,
    value: &'a Value,
}

/// One condition key under one operator.
pub struct Test<'a> {
    /// Pointer to the key.
    pub at: String,
    /// `StringEquals`, without qualifier and `IfExists`, in lower case.
    pub operator: String,
    /// The operator as it would be written to hold only where the request has the key.
    pub strict: String,
    /// Whether it holds where the request has no such key.
    pub holds_without: bool,
    /// The key in lower case, as IAM compares it, but for the key of a session tag.
    pub key: String,
    /// The key as written.
    pub written: &'a str,
    /// What it is compared with.
    pub values: Vec<String>,
}

/// The pointer of the operator that the condition at `at` stands under, if it is alone there, else `at`.
pub fn alone_or_whole(tree: &Value, at: &str) -> String {
    let operator = at.rsplit_once('/').map_or(at, |(operator, _)| operator);
    let is_alone = tree.pointer(operator).and_then(Value::as_object).is_some_and(|keys| keys.len() == 1);
    if is_alone { operator.to_owned() } else { at.to_owned() }
}

/// The statements of the policy at `at`.
pub fn statements<'a>(tree: &'a Value, at: &str) -> Vec<Statement<'a>> {
    let list = child(at, "Statement");
    match tree.pointer(&list) {
        Some(Value::Array(items)) => {
            let numbered = items.iter().enumerate();
            numbered.map(|(index, value)| Statement { at: format!("{list}/{index}"), value }).collect()
        }
        Some(value) => vec![Statement { at: list, value }],
        None => Vec::new(),
    }
}

impl<'a> Statement<'a> {
    /// Whether it allows; else it denies.
    pub fn allows(&self) -> bool {
        self.value.get("Effect").and_then(Value::as_str) == Some("Allow")
    }

    /// One of its members.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.value.get(key)
    }

    /// Whether it has one of these members.
    pub fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.get(key).is_some())
    }

    /// A member that is a text or a list of texts.
    pub fn texts(&self, key: &str) -> Vec<&'a str> {
        self.get(key).map(texts).unwrap_or_default()
    }

    /// Whether its actions include this one.
    pub fn names_action(&self, action: &str) -> bool {
        self.texts("Action")
            .iter()
            .any(|pattern| is_like(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase()))
    }

    /// Whether it is about everything.
    pub fn is_about_everything(&self) -> bool {
        self.texts("Action") == ["*"] && self.texts("Resource") == ["*"]
    }

    /// Its conditions.
    pub fn tests(&self) -> Vec<Test<'a>> {
        let condition = child(&self.at, "Condition");
        let operators = self.get("Condition").and_then(Value::as_object).into_iter().flatten();
        operators.flat_map(|(operator, keys)| tests(&child(&condition, operator), operator, keys)).collect()
    }
}

fn tests<'a>(at: &str, operator: &str, keys: &'a Value) -> Vec<Test<'a>> {
    let lower = operator.to_ascii_lowercase();
    let unqualified = lower.strip_prefix("forallvalues:").or_else(|| lower.strip_prefix("foranyvalue:"));
    let name = unqualified.unwrap_or(&lower);
    let plain = name.strip_suffix("ifexists").unwrap_or(name);
    let holds_without = plain != name || lower.starts_with("forallvalues:");
    let bare = operator.rsplit(':').next().unwrap_or(operator);
    let strict = bare.get(..plain.len()).unwrap_or(bare);
    let entries = keys.as_object().into_iter().flatten();
    let test = |(key, values): (&'a String, &'a Value)| Test {
        at: child(at, key),
        operator: plain.to_owned(),
        strict: strict.to_owned(),
        holds_without,
        key: folded(key),
        written: key,
        values: values_of(values),
    };
    entries.map(test).collect()
}

fn folded(key: &str) -> String {
    let lower = key.to_ascii_lowercase();
    match (lower.starts_with("aws:requesttag/"), key.split_once('/')) {
        (true, Some((_, tag))) => format!("aws:requesttag/{tag}"),
        _ => lower,
    }
}

fn values_of(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    value.as_array().map_or_else(|| vec![text(value)], |items| items.iter().map(text).collect())
}

/// A text, or the texts of a list.
pub fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// Whether `*` and `?` of a pattern can stand for the rest of a text.
pub fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last star was, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(a), Some(b)) if *a == b'?' || a == b => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_iam() {
        let table = [
            ("*", "", true),
            ("s3:*", "s3:GetObject", true),
            ("s3:*", "s3:*", true),
            ("s3:Get*t", "s3:GetObject", true),
            ("s3:Get?bject", "s3:GetObject", true),
            ("s3:Get", "s3:GetObject", false),
            ("*Object", "s3:GetObjects", false),
            ("a*b*c", "aXbYbZc", true),
            ("", "", true),
            ("?", "", false),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(is_like(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn conditions_are_read_without_regard_to_case_and_qualifiers() {
        let tree = serde_json::json!({ "Statement": { "Effect": "Allow", "Condition": {
            "ForAllValues:StringLikeIfExists": { "AWS:RequestTag/Team": "A" },
            "boolifexists": { "aws:ViaAWSMCPService": false },
        }}});
        let all = statements(&tree, "");
        let read: Vec<_> = all
            .iter()
            .flat_map(Statement::tests)
            .map(|test| (test.operator, test.strict, test.holds_without, test.key, test.values))
            .collect();
        let text = str::to_owned;
        let expected = [
            (text("stringlike"), text("StringLike"), true, text("aws:requesttag/Team"), vec![text("A")]),
            (text("bool"), text("bool"), true, text("aws:viaawsmcpservice"), vec![text("false")]),
        ];
        assert_eq!(read, expected);
    }
}
