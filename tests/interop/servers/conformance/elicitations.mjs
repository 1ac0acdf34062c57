// Tools that ask the client before they answer. Written as input-required results: in the older revisions the server
// package turns them into requests of its own on the stream.

import { fromJsonSchema, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { text } from './samples.mjs';

const DEFAULTS = {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
};

const options = ['option1', 'option2', 'option3'];
const titled = (titles) => titles.map((title, index) => ({ const: `value${index + 1}`, title }));
const ENUMS = {
    untitledSingle: { type: 'string', enum: options },
    titledSingle: { type: 'string', oneOf: titled(['First Option', 'Second Option', 'Third Option']) },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
    titledMulti: { type: 'array', items: { anyOf: titled(['First Choice', 'Second Choice', 'Third Choice']) } },
};

const USER = {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
};

function oneString(name) {
    return fromJsonSchema({ type: 'object', properties: { [name]: { type: 'string' } }, required: [name] });
}

/** Asks until there is an answer, then shows it. */
function elicit(context, message, properties, required, prefix) {
    const view = inputResponse(context.mcpReq.inputResponses, 'answer');
    if (view.kind === 'elicit') return text(`${prefix}: action=${view.action}, content=${JSON.stringify(view.content ?? {})}`);
    const requestedSchema = { type: 'object', properties, required };
    return inputRequired({ inputRequests: { answer: inputRequired.elicit({ message, requestedSchema }) } });
}

export function registerElicitations(server) {
    server.registerTool('test_elicitation', { description: 'Asks the user', inputSchema: oneString('message') }, ({ message }, context) =>
        elicit(context, message, USER, ['username', 'email'], 'User response'),
    );
    server.registerTool('test_elicitation_sep1034_defaults', { description: 'Asks with defaults' }, (context) =>
        elicit(context, 'Please confirm', DEFAULTS, [], 'Elicitation completed'),
    );
    server.registerTool('test_elicitation_sep1330_enums', { description: 'Asks with every kind of enumeration' }, (context) =>
        elicit(context, 'Please choose', ENUMS, [], 'Elicitation completed'),
    );
    server.registerTool('test_sampling', { description: "Asks the client's model", inputSchema: oneString('prompt') }, ({ prompt }, context) => {
        const view = inputResponse(context.mcpReq.inputResponses, 'answer');
        if (view.kind === 'sampling') return text(`LLM response: ${view.result.content.text}`);
        const messages = [{ role: 'user', content: { type: 'text', text: prompt } }];
        return inputRequired({ inputRequests: { answer: inputRequired.createMessage({ messages, maxTokens: 100 }) } });
    });
}
