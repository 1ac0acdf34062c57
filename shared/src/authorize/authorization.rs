//! The decision itself.

use std::collections::{BTreeSet, HashSet};

use cedar_policy::{AuthorizationError, Authorizer, Decision, Effect, Entities, PolicyId, Request, Response};

use super::{
    Annotations, CallFacts, Caller, Connection, Denial, DenialCause, DenyStatus, Facts, Grant, Incoming,
    Need, Permit, PolicyFailure, PolicyFile, PolicyMistake, PolicyMistakes, Ruling,
    entities::{About, Arguments, Asker, Vocabulary},
    policies::Policies,
};
use crate::{
    authenticate::VerifiedClaims,
    exchange::SessionPolicies,
    mcp::Target,
    role::{RoleChoice, elements},
};

/// The policies in force, and where groups come from.
#[derive(Debug)]
pub struct Authorization {
    pub(super) policies: Policies,
    pub(super) vocabulary: Vocabulary,
    pub(super) authorizer: Authorizer,
    /// The groups that policies name. No value but their literals is a group, so the others make no difference.
    groups_named: HashSet<String>,
    groups_claim: String,
    groups_separator: Option<String>,
    deny_status: DenyStatus,
    tools: BTreeSet<String>,
}

impl Authorization {
    /// Policies from these files, checked against the schema where there is one. `groups_claim` is found and read as the
    /// role claim is; `groups_separator` splits a text.
    ///
    /// # Errors
    /// Every mistake of all files.
    pub fn new(
        files: &[PolicyFile],
        schema: Option<&PolicyFile>,
        groups_claim: &str,
        groups_separator: Option<&str>,
        deny_status: DenyStatus,
    ) -> Result<Self, PolicyMistakes> {
        let policies = Policies::load(files, schema)?;
        let vocabulary = Vocabulary::new()?;
        let groups_named = policies.named(&vocabulary.group);
        Ok(Self {
            tools: policies.tool_names(),
            policies,
            vocabulary,
            groups_named,
            authorizer: Authorizer::new(),
            groups_claim: groups_claim.to_owned(),
            groups_separator: groups_separator.map(str::to_owned),
            deny_status,
        })
    }

    /// What the schema's validation thinks doubtful in the policies, a condition that is never true for example.
    #[must_use]
    pub fn doubts(&self) -> &[PolicyMistake] {
        &self.policies.doubts
    }

    /// Ids of all policies, sorted.
    #[must_use]
    pub fn policy_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.policies.ids().map(text).collect();
        ids.sort_unstable();
        ids
    }

    /// Whether a policy names this tool.
    #[must_use]
    pub fn names_tool(&self, tool: &str) -> bool {
        self.tools.contains(tool)
    }

    /// The HTTP status of what it denies.
    #[must_use]
    pub fn deny_status(&self) -> DenyStatus {
        self.deny_status
    }

    /// The tool whose annotations policies ask for before they decide on this message.
    #[must_use]
    pub fn tool_in_question<'m>(&self, message: &'m Incoming<'_>) -> Option<&'m str> {
        match message {
            Incoming::Call(call) if self.policies.ask_for_annotations => match call.target() {
                Some(Target::Tool(name)) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the caller's message may be sent, in the chosen role; `annotations` are those of [`Self::tool_in_question`].
    ///
    /// # Errors
    /// [`Denial`].
    pub fn permit(
        &self,
        claims: &VerifiedClaims,
        choice: &RoleChoice,
        message: &Incoming<'_>,
        annotations: Option<&Annotations>,
        connection: Connection<'_>,
    ) -> Result<Permit, Denial> {
        let caller = Caller { subject: claims.subject(), claims, role: choice.role_arn() };
        self.rule(&caller, choice.session_policies(), message, annotations, connection).map(Permit::new)
    }

    /// What [`Self::permit`] would say to a message of this caller, verified or not, whose session has its `own` policies.
    ///
    /// # Errors
    /// [`Denial`].
    pub fn rule(
        &self,
        caller: &Caller<'_>,
        own: &SessionPolicies,
        message: &Incoming<'_>,
        annotations: Option<&Annotations>,
        connection: Connection<'_>,
    ) -> Result<Ruling, Denial> {
        let Incoming::Call(call) = message else { return Ok(Ruling::without_policies(own)) };
        match Need::of(call.method()) {
            Need::Nothing => Ok(Ruling::without_policies(own)),
            Need::Filter(list) => Ok(Ruling::for_list(own, list)),
            Need::Permit => {
                let facts = CallFacts::new(call, annotations, connection);
                Ruling::for_call(own, self.decide(caller, &facts)?)
            }
        }
    }

    /// Decides on a call that needs a permit, whatever its method.
    ///
    /// # Errors
    /// [`Denial`].
    pub fn decide(&self, caller: &Caller<'_>, call: &CallFacts<'_>) -> Result<Grant, Denial> {
        let asker = self.asker(caller, &call.connection)?;
        let (request, entities) = self.question(&asker, call).ok_or(DenialCause::Unaskable)?;
        let policies = self.policies.matching(&request, &entities);
        let response = self.authorizer.is_authorized(&request, &policies, &entities);
        let failures = failures(&response);
        match self.denial(&response) {
            Some(cause) => Err(Denial { cause, failures }),
            None => Ok(self.grant(&response, failures)),
        }
    }

    pub(super) fn asker(&self, caller: &Caller<'_>, connection: &Connection<'_>) -> Result<Asker, Denial> {
        let groups = elements(caller.claims, &self.groups_claim, self.groups_separator.as_deref())
            .map_err(|shape| DenialCause::GroupsUnreadable { claim: self.groups_claim.clone(), shape })?;
        let groups = groups.into_iter().filter(|group| self.groups_named.contains(*group));
        Ok(self.vocabulary.asker(caller, groups, connection).ok_or(DenialCause::Unaskable)?)
    }

    /// What policies see of a call, in Cedar's JSON form; `None` where Cedar cannot hold it.
    #[must_use]
    pub fn facts(&self, caller: &Caller<'_>, call: &CallFacts<'_>) -> Option<Facts> {
        let asker = self.asker(caller, &call.connection).ok()?;
        let (request, entities) = self.question(&asker, call)?;
        Facts::of(&request, &entities)
    }

    fn question(&self, asker: &Asker, call: &CallFacts<'_>) -> Option<(Request, Entities)> {
        let arguments = Arguments::Known(call.arguments);
        let about = About { target: call.target, arguments, annotations: call.annotations };
        self.vocabulary.question(asker, call.method, about, &self.policies.actions)
    }

    /// Cedar skips a policy that cannot be evaluated; a forbid that fails must not let a call pass.
    fn denial(&self, response: &Response) -> Option<DenialCause> {
        let forbids = self.forbids(response.diagnostics().reason());
        if !forbids.is_empty() {
            let reason = forbids.iter().find_map(|id| self.policies.reason(&PolicyId::new(id)));
            let reason = reason.map(str::to_owned);
            return Some(DenialCause::Forbidden { policies: forbids, reason });
        }
        let failed = self.forbids(response.diagnostics().errors().map(policy_id));
        if !failed.is_empty() {
            return Some(DenialCause::ForbidFailed { policies: failed });
        }
        (response.decision() != Decision::Allow).then_some(DenialCause::NotPermitted)
    }

    fn forbids<'p>(&self, policies: impl Iterator<Item = &'p PolicyId>) -> Vec<String> {
        sorted(policies.filter(|id| self.policies.effect(id) != Some(Effect::Permit)))
    }

    fn grant(&self, response: &Response, failures: Vec<PolicyFailure>) -> Grant {
        let permits: Vec<&PolicyId> = response.diagnostics().reason().collect();
        let narrowing: Vec<SessionPolicies> =
            permits.iter().filter_map(|id| self.policies.narrowing(id)).cloned().collect();
        Grant { policies: sorted(permits.into_iter()), narrowing, failures }
    }
}

fn failures(response: &Response) -> Vec<PolicyFailure> {
    let errors = response.diagnostics().errors();
    let mut failures: Vec<PolicyFailure> = errors
        .map(|AuthorizationError::PolicyEvaluationError(error)| {
            PolicyFailure::new(text(error.policy_id()), error.inner())
        })
        .collect();
    failures.sort_by(|a, b| a.policy.cmp(&b.policy));
    failures
}

fn policy_id(error: &AuthorizationError) -> &PolicyId {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    error.policy_id()
}

fn sorted<'a>(ids: impl Iterator<Item = &'a PolicyId>) -> Vec<String> {
    let mut ids: Vec<String> = ids.map(text).collect();
    ids.sort_unstable();
    ids
}

/// The id as its policy has it; `to_string` would escape quotes in it.
fn text(id: &PolicyId) -> String {
    AsRef::<str>::as_ref(id).to_owned()
}
