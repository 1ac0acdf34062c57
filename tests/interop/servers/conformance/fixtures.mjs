// One server with everything the suite asks for. `test_simple_text` comes first: the suite calls the first listed tool
// without arguments.

import { McpServer, createRequestStateCodec } from '@modelcontextprotocol/server';
import { registerContent } from './content.mjs';
import { registerElicitations } from './elicitations.mjs';
import { registerInputRequired } from './input_required.mjs';
import { registerNotifications } from './notifications.mjs';
import { registerPrompts } from './prompts.mjs';
import { registerResources } from './resources.mjs';
import { registerSchemas } from './schemas.mjs';

// State travels through the client and comes back to another instance, so all share one key.
const codec = createRequestStateCodec({ key: crypto.getRandomValues(new Uint8Array(32)) });

export function fixtures(notifier) {
    const server = new McpServer(
        { name: 'conformance-upstream', version: '1.0.0' },
        { capabilities: { logging: {}, resources: { subscribe: true } }, requestState: { verify: codec.verify } },
    );
    registerContent(server);
    registerNotifications(server, notifier);
    registerElicitations(server);
    registerInputRequired(server, codec);
    registerSchemas(server);
    registerResources(server);
    registerPrompts(server);
    return server;
}
