//! Policy files as one policy set, and every mistake in them.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
};

use cedar_policy::{
    Effect, Entities, EntityTypeName, Policy, PolicyId, PolicySet, Request, Schema, ValidationMode, Validator,
};
use miette::Diagnostic;

use super::{
    PolicyMistake, PolicyMistakes, annotations,
    cedar_error::{error_line, in_text, line_at, one_line, remedy_of},
    scope_doubts::{scope_doubts, set_doubt},
    scopes::Scopes,
    session_policy,
    tool_names::tool_names,
};
use crate::exchange::SessionPolicies;

/// A file's text under the name that messages give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Policies that are usable whole.
#[derive(Clone, Debug)]
pub(super) struct Policies {
    set: PolicySet,
    scopes: Scopes,
    /// The actions of the schema, for `action in` a group of them.
    pub(super) actions: Entities,
    /// Of the permits that have them.
    narrowing: HashMap<PolicyId, SessionPolicies>,
    /// What decides nothing, or everything, and what the schema's validation thinks doubtful.
    pub(super) doubts: Vec<PolicyMistake>,
    /// Whether any looks at the annotations of tools.
    pub(super) ask_for_annotations: bool,
}

impl Policies {
    /// Reads policy files and the schema they must agree with.
    pub(super) fn load(files: &[PolicyFile], schema: Option<&PolicyFile>) -> Result<Self, PolicyMistakes> {
        let mut reader = Reader { has_schema: schema.is_some(), ..Reader::default() };
        for file in files {
            reader.file(file);
        }
        reader.whole();
        let (actions, doubts) = match schema {
            Some(schema) => reader.validate(schema),
            None => (Entities::empty(), Vec::new()),
        };
        if !reader.mistakes.is_empty() {
            return Err(PolicyMistakes(reader.mistakes));
        }
        let doubts = reader.doubts.into_iter().chain(doubts).collect();
        let scopes = Scopes::of(&reader.set);
        let ask_for_annotations = annotations::are_asked_for(&reader.set);
        Ok(Self {
            set: reader.set,
            scopes,
            actions,
            narrowing: reader.narrowing,
            doubts,
            ask_for_annotations,
        })
    }

    /// Names of tools in them.
    pub(super) fn tool_names(&self) -> BTreeSet<String> {
        tool_names(&self.set)
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> &PolicySet {
        &self.set
    }

    /// The ids of all of them.
    pub(super) fn ids(&self) -> impl Iterator<Item = &PolicyId> {
        self.set.policies().map(Policy::id)
    }

    /// The policies to evaluate for a request: the others' scopes are false of it.
    pub(super) fn matching(&self, request: &Request, entities: &Entities) -> Cow<'_, PolicySet> {
        let matching = self.scopes.matching(request, entities);
        matching.map_or(Cow::Borrowed(&self.set), Cow::Owned)
    }

    /// The ids of the entities of this type that policies name, anywhere in them.
    pub(super) fn named(&self, of: &EntityTypeName) -> HashSet<String> {
        let named = self.set.policies().flat_map(Policy::entity_literals);
        let of_type = named.filter(|entity| entity.type_name() == of);
        of_type.map(|entity| entity.id().unescaped().to_owned()).collect()
    }

    /// How this permit narrows credentials.
    pub(super) fn narrowing(&self, permit: &PolicyId) -> Option<&SessionPolicies> {
        self.narrowing.get(permit)
    }

    pub(super) fn effect(&self, policy: &PolicyId) -> Option<Effect> {
        self.set.policy(policy).map(Policy::effect)
    }

    /// What its author tells those whom this policy stops.
    pub(super) fn reason(&self, policy: &PolicyId) -> Option<&str> {
        self.set.annotation(policy, "reason").filter(|reason| !reason.is_empty())
    }
}

#[derive(Default)]
struct Reader {
    set: PolicySet,
    places: HashMap<PolicyId, (String, usize)>,
    narrowing: HashMap<PolicyId, SessionPolicies>,
    mistakes: Vec<PolicyMistake>,
    doubts: Vec<PolicyMistake>,
    has_schema: bool,
}

impl Reader {
    fn file(&mut self, file: &PolicyFile) {
        let parsed = match file.text.parse::<PolicySet>() {
            Ok(parsed) => parsed,
            Err(errors) => {
                self.mistakes.extend(errors.iter().map(|error| in_text(file, error, &error.to_string())));
                return;
            }
        };
        for template in parsed.templates() {
            let line = line_of(&file.text, &template.to_cedar());
            let problem = "this policy is a template, which nothing fills in";
            self.mistake(
                &file.name,
                line,
                problem,
                "write the principal or the resource in place of ?principal or ?resource",
            );
        }
        // Cedar numbers policies in their order; equal ones are told apart by where the one before ends.
        let mut policies: Vec<&Policy> = parsed.policies().collect();
        policies.sort_by_key(|policy| number(policy));
        let mut end = 0;
        for policy in policies {
            let source = policy.to_cedar().unwrap_or_default();
            let found = file.text.get(end..).and_then(|rest| rest.find(&source)).unwrap_or_default();
            let begin = end.saturating_add(found);
            end = begin.saturating_add(source.len());
            self.policy(file, line_at(&file.text, begin), policy);
        }
    }

    fn policy(&mut self, file: &PolicyFile, line: usize, policy: &Policy) {
        let id = match policy.annotation("id") {
            Some("") => {
                self.mistake(&file.name, line, "the @id is empty", "write a name, or remove the annotation");
                return;
            }
            Some(id) => PolicyId::new(id),
            None => PolicyId::new(format!("{}:{}", file.name, policy.id())),
        };
        if let Some((file_name, first)) = self.places.get(&id) {
            let problem = format!("the id \"{id}\" is taken by the policy at {file_name}:{first}");
            self.mistake(&file.name, line, problem, "give one of the two another @id");
            return;
        }
        self.annotations(file, line, policy, &id);
        for (problem, remedy) in scope_doubts(policy, self.has_schema) {
            self.doubts.push(PolicyMistake { file: file.name.clone(), line, problem, remedy });
        }
        self.places.insert(id.clone(), (file.name.clone(), line));
        if self.set.add(policy.new_id(id)).is_err() {
            self.mistake(&file.name, line, "this policy cannot be added", "give it another @id");
        }
    }

    fn annotations(&mut self, file: &PolicyFile, line: usize, policy: &Policy, id: &PolicyId) {
        let arns = policy.annotation(session_policy::ARN_ANNOTATION);
        let inline = policy.annotation(session_policy::INLINE_ANNOTATION);
        if arns.is_none() && inline.is_none() {
            return;
        }
        if policy.effect() == Effect::Forbid {
            let problem = "a forbid has a session policy, which only a permit can give";
            self.mistake(&file.name, line, problem, "move the annotation to the permit");
            return;
        }
        match session_policy::read(arns, inline) {
            Ok(policies) => {
                self.narrowing.insert(id.clone(), policies);
            }
            Err((problem, remedy)) => self.mistake(&file.name, line, problem, remedy),
        }
    }

    /// What is doubtful in the policies together.
    fn whole(&mut self) {
        let Some((policy, problem, remedy)) = set_doubt(&self.set) else { return };
        let (file, line) = self.places.get(policy.id()).cloned().unwrap_or_default();
        self.doubts.push(PolicyMistake {
            file,
            line,
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    /// The schema's actions, and what is doubtful in the policies.
    fn validate(&mut self, file: &PolicyFile) -> (Entities, Vec<PolicyMistake>) {
        let nothing = (Entities::empty(), Vec::new());
        let schema = match Schema::from_cedarschema_str(&file.text) {
            Ok((schema, _)) => schema,
            Err(error) => {
                self.mistakes.push(in_text(file, &error, &error.to_string()));
                return nothing;
            }
        };
        let actions = match schema.action_entities() {
            Ok(actions) => actions,
            Err(error) => {
                self.mistake(&file.name, 0, error.to_string(), "correct the actions of the schema");
                return nothing;
            }
        };
        let result = Validator::new(schema).validate(&self.set, ValidationMode::Strict);
        // Cedar finds a mistake once for each kind of call, in no order.
        let found: BTreeSet<PolicyMistake> = result
            .validation_errors()
            .map(|error| self.in_policy(error.policy_id(), error, &error.to_string()))
            .collect();
        let doubts: BTreeSet<PolicyMistake> = result
            .validation_warnings()
            .map(|warning| self.in_policy(warning.policy_id(), warning, &warning.to_string()))
            .collect();
        self.mistakes.extend(found);
        (actions, doubts.into_iter().collect())
    }

    fn mistake(&mut self, file: &str, line: usize, problem: impl Into<String>, remedy: impl Into<String>) {
        self.mistakes.push(PolicyMistake {
            file: file.to_owned(),
            line,
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }

    fn in_policy(&self, id: &PolicyId, error: &dyn Diagnostic, text: &str) -> PolicyMistake {
        let (file, start) = self.places.get(id).cloned().unwrap_or_default();
        let line = error_line(error).unwrap_or(start);
        let remedy = remedy_of(error).unwrap_or_else(|| "correct the policy or the schema".to_owned());
        PolicyMistake { file, line, problem: one_line(text), remedy }
    }
}

/// The number in Cedar's own id, `policy12`.
fn number(policy: &Policy) -> Option<usize> {
    AsRef::<str>::as_ref(policy.id()).strip_prefix("policy")?.parse().ok()
}

fn line_of(text: &str, part: &str) -> usize {
    line_at(text, text.find(part).unwrap_or_default())
}

#[cfg(test)]
#[path = "policies_tests.rs"]
mod tests;
