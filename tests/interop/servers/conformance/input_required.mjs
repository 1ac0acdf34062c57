// Tools whose first answer is a question (revision 2026-07-28), with and without state that the client carries.

import { inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { text } from './samples.mjs';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

/** An elicitation of one required property. */
export function ask(message, property, type = 'string') {
    const requestedSchema = { type: 'object', properties: { [property]: { type } }, required: [property] };
    return inputRequired.elicit({ message, requestedSchema });
}

function sample(question, maxTokens) {
    return inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: question } }], maxTokens });
}

/** The client's usable answers under these keys, or undefined while one is missing. */
export function answers(context, ...keys) {
    const views = keys.map((key) => inputResponse(context.mcpReq.inputResponses, key));
    return views.every(({ kind }) => kind !== 'missing') ? views : undefined;
}

export function registerInputRequired(server, codec) {
    const tool = (name, callback) => server.registerTool(name, { description: `Asks first: ${name}` }, callback);

    tool('test_input_required_result_elicitation', (context) => {
        const [name] = answers(context, 'user_name') ?? [];
        if (name?.kind === 'elicit') return text(`Hello, ${name.content?.name}!`);
        return inputRequired({ inputRequests: { user_name: ask('What is your name?', 'name') } });
    });
    tool('test_input_required_result_sampling', (context) => {
        const [capital] = answers(context, 'capital_question') ?? [];
        if (capital) return text(capital.result.content.text);
        return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
    });
    tool('test_input_required_result_list_roots', (context) => {
        const [roots] = answers(context, 'client_roots') ?? [];
        if (roots) return text(roots.roots.map(({ uri }) => uri).join(' '));
        return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    });

    const confirm = async (context) => {
        if (context.mcpReq.requestState() && answers(context, 'confirm')) return text('state-ok');
        return inputRequired({
            inputRequests: { confirm: ask('Please confirm', 'ok', 'boolean') },
            requestState: await codec.mint({ round: 1 }),
        });
    };
    tool('test_input_required_result_request_state', confirm);
    tool('test_input_required_result_tampered_state', confirm);

    tool('test_input_required_result_multiple_inputs', async (context) => {
        if (context.mcpReq.requestState() && answers(context, 'user_name', 'greeting', 'client_roots')) return text('All answered');
        return inputRequired({
            inputRequests: {
                user_name: ask('What is your name?', 'name'),
                greeting: sample('Generate a greeting', 50),
                client_roots: inputRequired.listRoots(),
            },
            requestState: await codec.mint({ round: 1 }),
        });
    });
    tool('test_input_required_result_multi_round', async (context) => {
        const round = context.mcpReq.requestState()?.round;
        if (round === 2 && answers(context, 'step2')) return text('Both steps done');
        const next = round === 1 && answers(context, 'step1') ? 2 : 1;
        const step = next === 1 ? ask('Step 1: What is your name?', 'name') : ask('Step 2: What is your favorite color?', 'color');
        return inputRequired({ inputRequests: { [`step${next}`]: step }, requestState: await codec.mint({ round: next }) });
    });

    tool('test_input_required_result_capabilities', (context) => {
        const declared = context.mcpReq.envelope?.[CAPABILITIES] ?? {};
        return inputRequired({
            inputRequests: {
                ...(declared.elicitation && { name: ask('What is your name?', 'name') }),
                ...(declared.sampling && { greeting: sample('Generate a greeting', 50) }),
            },
        });
    });
    // The server package refuses this one with -32021 where the client has not declared sampling.
    tool('test_missing_capability', () => inputRequired({ inputRequests: { needed: sample('Anything', 10) } }));
    tool('test_streaming_elicitation', () => inputRequired({ inputRequests: { name: ask('What is your name?', 'name') } }));
}
