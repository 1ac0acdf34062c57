//! iam-rs decides about one set of policies. Which sets there are, and how their decisions add up, is the evaluation logic
//! of IAM's user guide (reference_policies_evaluation-logic): an explicit deny anywhere is final; within the account of the
//! resource, a resource policy that names the session itself needs nothing else, one that names the role stays below the
//! boundary and the session policy; otherwise identity policy, boundary and session policy must all allow.

use iam_rs::{Decision, EvaluationOptions, IAMPolicy, IAMRequest, PolicyEvaluator, Principal};

use crate::question::{Kind, Question};

type Outcome<T> = Result<T, String>;

/// # Errors
///
/// What iam-rs says of a policy or request that it can't evaluate.
pub fn is_allowed(question: &Question) -> Outcome<bool> {
    let identity = decide(question, &question.identity, question.caller.own_name())?;
    let boundary = limit(question, question.boundary.as_ref())?;
    let session = limit(question, question.session.as_ref())?;
    let resource = ResourcePolicy::decide(question)?;

    if resource.says(Decision::Deny) || [identity, boundary, session].contains(&Decision::Deny) {
        return Ok(false);
    }
    let allowed = |decision| decision == Decision::Allow;
    let within_limits = allowed(boundary) && allowed(session);
    if question.caller.kind != Kind::Aws {
        return Ok(allowed(resource.of_caller));
    }
    if question.caller.account != question.account {
        return Ok(resource.says(Decision::Allow) && allowed(identity) && within_limits);
    }
    let by_identity = allowed(identity) && (allowed(resource.of_account) || !asks_resource_policy(question));
    Ok(allowed(resource.of_caller) || (within_limits && (allowed(resource.of_role) || by_identity)))
}

/// Roles and keys: the account's own policies count only where the resource's policy hands over to them.
fn asks_resource_policy(question: &Question) -> bool {
    let has_one = question.resource_policy.is_some();
    has_one && matches!(question.service(), "sts" | "kms")
}

/// A boundary or session policy; one that is absent limits nothing.
fn limit(question: &Question, policy: Option<&IAMPolicy>) -> Outcome<Decision> {
    match policy {
        Some(policy) => decide(question, std::slice::from_ref(policy), question.caller.own_name()),
        None => Ok(Decision::Allow),
    }
}

/// What a resource policy says of the caller under each of the names that may mean it.
struct ResourcePolicy {
    of_caller: Decision,
    of_role: Decision,
    of_account: Decision,
}

impl ResourcePolicy {
    fn decide(question: &Question) -> Outcome<Self> {
        let of = |principal: Option<Principal>| match (&question.resource_policy, principal) {
            (Some(policy), Some(principal)) => decide(question, std::slice::from_ref(policy), principal),
            _ => Ok(Decision::NotApplicable),
        };
        Ok(Self {
            of_caller: of(Some(question.caller.own_name()))?,
            of_role: of(question.caller.role_name())?,
            of_account: of(question.caller.account_name())?,
        })
    }

    fn says(&self, decision: Decision) -> bool {
        [self.of_caller, self.of_role, self.of_account].contains(&decision)
    }
}

fn decide(question: &Question, policies: &[IAMPolicy], principal: Principal) -> Outcome<Decision> {
    let request = IAMRequest::new_with_context(
        principal,
        question.action.as_str(),
        question.resource_arn()?,
        question.context.clone(),
    );
    // A trust policy has no Resource element: it stands for the role itself.
    let is_trust_policy = policies.iter().flat_map(|policy| &policy.statement).all(|statement| {
        statement.principal.is_some() && statement.resource.is_none() && statement.not_resource.is_none()
    });
    let options =
        EvaluationOptions { ignore_resource_constraints: is_trust_policy, ..EvaluationOptions::default() };
    let evaluator = PolicyEvaluator::with_policies(policies.to_vec()).with_options(options);
    evaluator.evaluate(&request).map(|result| result.decision).map_err(|error| error.to_string())
}
