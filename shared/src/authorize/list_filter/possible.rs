//! Whether some call of an item could be permitted: Cedar's partial evaluation, with everything that only the call itself
//! will tell left unknown. What Cedar cannot settle stays visible; the call is decided when it comes.

use cedar_policy::{Decision, Effect, Entities, Request};

use super::super::{
    Annotations, Authorization, List,
    entities::{About, Arguments, Asker},
};
use crate::mcp::{Target, method};

/// What can be done with a prompt.
const PROMPT_METHODS: [&str; 2] = [method::PROMPTS_GET, method::COMPLETION_COMPLETE];
/// What can be done with a resource that stands behind a template. Completions name the template itself.
const TEMPLATE_METHODS: [&str; 3] =
    [method::RESOURCES_READ, method::RESOURCES_SUBSCRIBE, method::RESOURCES_UNSUBSCRIBE];
/// What can be done with a resource.
const RESOURCE_METHODS: [&str; 4] = [
    method::RESOURCES_READ,
    method::RESOURCES_SUBSCRIBE,
    method::RESOURCES_UNSUBSCRIBE,
    method::COMPLETION_COMPLETE,
];

impl Authorization {
    /// Whether any call of the item with this name, URI or URI template could be permitted; a tool's annotations
    /// are known.
    pub(super) fn could_permit(
        &self,
        asker: &Asker,
        list: List,
        id: &str,
        annotations: Option<&Annotations>,
    ) -> bool {
        let could = |method, target: Target<'_>, arguments| {
            let about = About { target: Some(&target), arguments, annotations };
            let question = self.vocabulary.question(asker, method, about, &self.policies.actions);
            question.is_some_and(|question| self.is_open(&question))
        };
        let unknown = |with_aws| Arguments::Unknown { with_aws };
        let of_resource = |method| could(method, Target::Resource(id.into()), Arguments::Known(None));
        match list {
            // A call has facts about AWS or has none, and a policy may ask which.
            List::Tools => [false, true]
                .into_iter()
                .any(|with_aws| could(method::TOOLS_CALL, Target::Tool(id.into()), unknown(with_aws))),
            List::Prompts => PROMPT_METHODS
                .into_iter()
                .any(|method| could(method, Target::Prompt(id.into()), unknown(false))),
            List::Resources => RESOURCE_METHODS.into_iter().any(of_resource),
            List::ResourceTemplates => {
                of_resource(method::COMPLETION_COMPLETE)
                    || TEMPLATE_METHODS
                        .into_iter()
                        .any(|method| self.could_permit_of_any_resource(asker, method))
            }
        }
    }

    fn could_permit_of_any_resource(&self, asker: &Asker, method: &str) -> bool {
        let question = self.vocabulary.question_about_any_resource(asker, method, &self.policies.actions);
        question.is_some_and(|question| self.is_open(&question))
    }

    /// Not certainly denied, neither by Cedar nor by a forbid that cannot be evaluated whatever the call.
    fn is_open(&self, (request, entities): &(Request, Entities)) -> bool {
        let policies = self.policies.matching(request, entities);
        let response = self.authorizer.is_authorized_partial(request, &policies, entities);
        let mut failed = response.definitely_errored();
        let is_forbid = |policy| self.policies.effect(policy) != Some(Effect::Permit);
        response.decision() != Some(Decision::Deny) && !failed.any(is_forbid)
    }
}
