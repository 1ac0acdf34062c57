// Carries out the plan in argv with a client and prints what came of each step as one line of JSON. A step that
// takes longer than the limit counts as hung, and what follows is given up.

const LIMIT_MILLISECONDS = 10_000;

/**
 * `connect(url, token, era)` returns `{protocol(), list(), call(name, arguments, onProgress), close()}`.
 */
export async function main(connect) {
  const plan = JSON.parse(process.argv[2]);
  const results = { calls: [] };
  let session;
  results.connect = await step(async () => {
    session = await connect(plan.url, plan.token, plan.era);
    return { protocol: session.protocol() };
  });
  if (session && results.connect.ok) {
    results.list = await step(async () => ({ tools: (await session.list()).map((tool) => tool.name) }));
    for (const { name, arguments: values } of plan.calls) results.calls.push(await call(session, name, values));
    results.close = await step(async () => (await session.close(), {}));
  }
  console.log(JSON.stringify(results));
  process.exit(0);
}

async function call(session, name, values) {
  const arrivals = [];
  const result = await step(async () => {
    const onProgress = ({ progress, total }) => arrivals.push({ progress, total, at: performance.now() });
    const answer = await session.call(name, values, onProgress);
    const text = answer.content.map((block) => block.text ?? '').join('');
    return { isError: answer.isError === true, text, structured: answer.structuredContent };
  });
  const end = performance.now();
  const progress = arrivals.map(({ progress, total, at }) => ({ progress, total, before: (end - at) / 1000 }));
  return { name, progress, ...result };
}

async function step(action) {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const limit = new Promise((_, reject) => setTimeout(reject, LIMIT_MILLISECONDS, { hung: true }));
  try {
    return { ok: true, ...(await Promise.race([action(), limit])), seconds: seconds() };
  } catch (error) {
    return { ok: false, ...told(error), seconds: seconds() };
  }
}

/** What a program that uses the client can show of an error. */
function told(error) {
  if (error.hung) return { hung: true };
  return { error: { type: error.constructor.name, message: error.message, code: error.code } };
}
