// The suite's prompts.

import { completable, inputRequired } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { answers, ask } from './input_required.mjs';
import { PNG } from './samples.mjs';

function user(...contents) {
    return { messages: contents.map((content) => ({ role: 'user', content: typeof content === 'string' ? { type: 'text', text: content } : content })) };
}

const word = (description) => completable(z.string().describe(description), (value) => [`${value}-1`, `${value}-2`]);

export function registerPrompts(server) {
    server.registerPrompt('test_simple_prompt', { description: 'Without arguments' }, () => user('This is a simple prompt for testing.'));

    const argsSchema = z.object({ arg1: word('First test argument'), arg2: word('Second test argument') });
    server.registerPrompt('test_prompt_with_arguments', { description: 'With arguments', argsSchema }, ({ arg1, arg2 }) =>
        user(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`),
    );

    const embedded = { description: 'With a resource', argsSchema: z.object({ resourceUri: z.string() }) };
    server.registerPrompt('test_prompt_with_embedded_resource', embedded, ({ resourceUri }) =>
        user(
            { type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } },
            'Please process the embedded resource above.',
        ),
    );

    server.registerPrompt('test_prompt_with_image', { description: 'With an image' }, () =>
        user({ type: 'image', data: PNG, mimeType: 'image/png' }, 'Please analyze the image above.'),
    );

    server.registerPrompt('test_input_required_result_prompt', { description: 'Asks first' }, (context) => {
        const [given] = answers(context, 'user_context') ?? [];
        if (given) return user(`Use this context: ${given.content?.context}`);
        return inputRequired({ inputRequests: { user_context: ask('What context should the prompt use?', 'context') } });
    });
}
