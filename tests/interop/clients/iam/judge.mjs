// Judges requests with iam-simulate. Standard input: a JSON array of questions; standard output: an array of answers, in
// the same order, each {decision: "allow" | "deny"} or {error}.

import { text } from "node:stream/consumers";

import { createValidatedPolicy, validateTrustPolicy } from "@cloud-copilot/iam-policy";
import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";

const questions = JSON.parse(await text(process.stdin));
const answers = [];
for (const question of questions) {
  try {
    answers.push({ decision: (await judge(question)) === "Allowed" ? "allow" : "deny" });
  } catch (error) {
    answers.push({ error: error.message });
  }
}
console.log(JSON.stringify(answers));

function judge(question) {
  return question.action.startsWith("sts:") && question.resourcePolicy ? trust(question) : use(question);
}

// With its checks: the action exists, the resource is of a type that the action takes, no context key goes unread.
async function use(question) {
  const outcome = await runSimulation(simulation(question), { simulationMode: "Strict" });
  if (outcome.resultType === "error") throw new Error(JSON.stringify(outcome.errors));
  const results = outcome.resultType === "single" ? [outcome.result] : outcome.results;
  const unread = results.flatMap((result) => result.ignoredContextKeys ?? []);
  if (unread.length > 0) throw new Error(`${question.action} has no context keys ${unread}`);
  return outcome.overallResult;
}

// The checks know the condition keys of a few public identity providers only, and would drop those of any other issuer.
function trust(question) {
  if (question.session) throw new Error("session policies need the checked simulation");
  const policy = createValidatedPolicy(question.resourcePolicy, validateTrustPolicy, { name: "trust" });
  if (policy.errors.length > 0) throw new Error(JSON.stringify(policy.errors));
  return runUnsafeSimulation({ ...simulation(question), resourcePolicy: policy }, {});
}

function simulation(question) {
  const { action, caller, resource, account, identity, boundary, session, resourcePolicy } = question;
  return {
    request: {
      principal: caller.id,
      action,
      resource: { resource, accountId: account },
      contextVariables: Object.fromEntries(Object.entries(question.context).map(([key, value]) => [key, texts(value)])),
    },
    identityPolicies: identity.map((policy, index) => ({ name: `identity-${index}`, policy })),
    permissionBoundaryPolicies: boundary ? [{ name: "boundary", policy: boundary }] : undefined,
    sessionPolicy: session ?? undefined,
    resourcePolicy: resourcePolicy ?? undefined,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
}

// A request context holds texts only.
function texts(value) {
  return Array.isArray(value) ? value.map(String) : String(value);
}
