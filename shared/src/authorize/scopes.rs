//! Which policies can apply to a call at all, told by their scopes: `permit(principal …, action …, resource …)`.
//!
//! Invariant: a policy that is left out has a scope that is false of the call, so it neither decides nor fails. The
//! reverse does not hold: what is left in may still not apply.

use std::{collections::HashMap, iter::once};

use cedar_policy::{
    ActionConstraint, Entities, EntityTypeName, EntityUid, Policy, PolicySet, PrincipalConstraint, Request,
    ResourceConstraint,
};

/// Policies by their scopes. Every entity that a scope names has a number, so that the entities of a call are looked up
/// once and not once for each policy.
#[derive(Clone, Debug, Default)]
pub(super) struct Scopes {
    numbers: HashMap<EntityUid, usize>,
    policies: Vec<(Scope, Policy)>,
}

#[derive(Clone, Debug)]
struct Scope {
    principal: Constraint,
    action: Constraint,
    resource: Constraint,
}

#[derive(Clone, Debug)]
enum Constraint {
    Any,
    /// One of these entities, by number, or in one of them; `==` is taken for `in`.
    Within(Vec<usize>),
    Is(EntityTypeName),
}

impl Scopes {
    pub(super) fn of(set: &PolicySet) -> Self {
        let mut scopes = Self::default();
        for policy in set.policies() {
            let scope = scopes.scope(policy);
            scopes.policies.push((scope, policy.clone()));
        }
        scopes
    }

    /// The policies whose scopes can be true of the request; `None` where there are so many that a set of their own costs
    /// more to build than to evaluate the others.
    pub(super) fn matching(&self, request: &Request, entities: &Entities) -> Option<PolicySet> {
        let principal = self.place(request.principal(), entities);
        let action = self.place(request.action(), entities);
        let resource = self.place(request.resource(), entities);
        let matches = |scope: &Scope| {
            principal.meets(&scope.principal)
                && action.meets(&scope.action)
                && resource.meets(&scope.resource)
        };
        let matching: Vec<&Policy> =
            self.policies.iter().filter(|(scope, _)| matches(scope)).map(|(_, policy)| policy).collect();
        if matching.len() > self.policies.len() / 2 {
            return None;
        }
        PolicySet::from_policies(matching.into_iter().cloned()).ok()
    }

    fn scope(&mut self, policy: &Policy) -> Scope {
        use {ActionConstraint as A, PrincipalConstraint as P, ResourceConstraint as R};
        let principal = match policy.principal_constraint() {
            P::Any => Constraint::Any,
            P::Eq(entity) | P::In(entity) | P::IsIn(_, entity) => self.within([entity]),
            P::Is(name) => Constraint::Is(name),
        };
        let action = match policy.action_constraint() {
            A::Any => Constraint::Any,
            A::Eq(entity) => self.within([entity]),
            A::In(entities) => self.within(entities),
        };
        let resource = match policy.resource_constraint() {
            R::Any => Constraint::Any,
            R::Eq(entity) | R::In(entity) | R::IsIn(_, entity) => self.within([entity]),
            R::Is(name) => Constraint::Is(name),
        };
        Scope { principal, action, resource }
    }

    fn within(&mut self, entities: impl IntoIterator<Item = EntityUid>) -> Constraint {
        let numbers = entities.into_iter().map(|entity| {
            let next = self.numbers.len();
            *self.numbers.entry(entity).or_insert(next)
        });
        Constraint::Within(numbers.collect())
    }

    fn place<'r>(&self, entity: Option<&'r EntityUid>, entities: &'r Entities) -> Place<'r> {
        let Some(entity) = entity else { return Place::Unknown };
        let above = entities.ancestors(entity).into_iter().flatten();
        let within = once(entity).chain(above).filter_map(|entity| self.numbers.get(entity).copied());
        Place::Known { name: entity.type_name(), within: within.collect() }
    }
}

/// Where an entity of a request stands.
enum Place<'r> {
    Known {
        name: &'r EntityTypeName,
        /// The entities that scopes name and that it is or is in.
        within: Vec<usize>,
    },
    Unknown,
}

impl Place<'_> {
    fn meets(&self, constraint: &Constraint) -> bool {
        match (constraint, self) {
            (Constraint::Any, _) | (_, Self::Unknown) => true,
            (Constraint::Within(named), Self::Known { within, .. }) => {
                named.iter().any(|number| within.contains(number))
            }
            (Constraint::Is(of), Self::Known { name, .. }) => name == &of,
        }
    }
}

#[cfg(test)]
#[path = "scopes_tests.rs"]
mod tests;
