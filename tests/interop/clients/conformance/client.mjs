// The official client, doing what the suite's client scenarios need: connect, list everything, call every tool listed.
// Arguments: the server's URL, appended by the suite. INTEROP_TOKEN, if set, goes along as the bearer token.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const STATELESS = '2026-07-28';
const { MCP_CONFORMANCE_PROTOCOL_VERSION: version, MCP_CONFORMANCE_CONTEXT: context = '{}', INTEROP_TOKEN: token } = process.env;

const client = new Client(
    { name: 'interop', version: '1.0.0' },
    {
        capabilities: { roots: {}, sampling: {}, elicitation: { form: { applyDefaults: true } } },
        versionNegotiation: { mode: version === STATELESS ? 'auto' : 'legacy' },
    },
);
client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
client.setRequestHandler('roots/list', () => ({ roots: [] }));
client.setRequestHandler('sampling/createMessage', () => ({ role: 'assistant', model: 'none', content: { type: 'text', text: '' } }));

const headers = token ? { authorization: `Bearer ${token}` } : {};
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv.at(-1)), { requestInit: { headers } }));
const offers = client.getServerCapabilities() ?? {};

const { tools } = await client.listTools();
for (const call of JSON.parse(context).toolCalls ?? tools.map(plainCall)) await client.callTool(call);
if (offers.resources) {
    for (const { uri } of (await client.listResources()).resources) await client.readResource({ uri });
}
if (offers.prompts) {
    for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name });
}
await client.close();

/** A call that suits the suite's tools: each reads at most one of these arguments. */
function plainCall({ name }) {
    const schema = tools.find((tool) => tool.name === 'json_schema_2020_12_tool')?.inputSchema;
    const fitting = { add_numbers: { a: 5, b: 3 }, valid_tool: { region: 'eu-west-1' }, json_schema_echo: { schema } };
    return { name, arguments: fitting[name] ?? {} };
}
