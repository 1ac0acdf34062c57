//! Whether some call of an item could be permitted: Cedar's partial evaluation, with everything that only the call itself
//! will tell left unknown. What Cedar cannot settle stays visible; the call is decided when it comes.

use cedar_policy::{Decision, Effect, Entities, Request};

use super::super::{
    Authorization, List,
    entities::{Arguments, Asker},
};
use crate::mcp::{Target, method};

/// What can be done with a resource.
const RESOURCE_METHODS: [&str; 2] = [method::RESOURCES_READ, method::RESOURCES_SUBSCRIBE];

impl Authorization {
    /// Whether any call of the item with this name or URI could be permitted.
    pub(super) fn could_permit(&self, asker: &Asker, list: List, id: &str) -> bool {
        let unknown = |with_aws| Arguments::Unknown { with_aws };
        match list {
            // A call has facts about AWS or has none, and a policy may ask which.
            List::Tools => [false, true].into_iter().any(|with_aws| {
                self.could_permit_call(asker, method::TOOLS_CALL, &Target::Tool(id.into()), unknown(with_aws))
            }),
            List::Prompts => {
                let target = Target::Prompt(id.into());
                self.could_permit_call(asker, method::PROMPTS_GET, &target, unknown(false))
            }
            List::Resources => RESOURCE_METHODS.iter().any(|method| {
                self.could_permit_call(asker, method, &Target::Resource(id.into()), Arguments::Known(None))
            }),
            List::ResourceTemplates => RESOURCE_METHODS.iter().any(|method| {
                let actions = &self.policies.actions;
                let question = self.vocabulary.question_about_any_resource(asker, method, actions);
                question.is_some_and(|question| self.is_open(&question))
            }),
        }
    }

    fn could_permit_call(
        &self,
        asker: &Asker,
        method: &str,
        target: &Target<'_>,
        arguments: Arguments<'_>,
    ) -> bool {
        let question =
            self.vocabulary.question(asker, method, Some(target), arguments, &self.policies.actions);
        question.is_some_and(|question| self.is_open(&question))
    }

    /// Not certainly denied, neither by Cedar nor by a forbid that cannot be evaluated whatever the call.
    fn is_open(&self, (request, entities): &(Request, Entities)) -> bool {
        let response = self.authorizer.is_authorized_partial(request, &self.policies.set, entities);
        let mut failed = response.definitely_errored();
        let is_forbid = |policy| self.policies.effect(policy) != Some(Effect::Permit);
        response.decision() != Some(Decision::Deny) && !failed.any(is_forbid)
    }
}
