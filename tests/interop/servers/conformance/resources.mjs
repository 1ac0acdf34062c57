// The suite's resources: text, binary, a template, one to watch.

import { ResourceTemplate } from '@modelcontextprotocol/server';
import { PNG } from './samples.mjs';

export function registerResources(server) {
    const fixed = (name, uri, mimeType, content) =>
        server.registerResource(name, uri, { description: `The ${name} fixture`, mimeType }, () => ({ contents: [{ uri, mimeType, ...content }] }));
    fixed('static-text', 'test://static-text', 'text/plain', { text: 'This is the content of the static text resource.' });
    fixed('static-binary', 'test://static-binary', 'image/png', { blob: PNG });
    fixed('watched', 'test://watched-resource', 'text/plain', { text: 'Watched' });

    const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
    server.registerResource('template', template, { description: 'A template', mimeType: 'application/json' }, (uri, { id }) => ({
        contents: [
            { uri: uri.href, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) },
        ],
    }));

    // Nothing ever changes here, so remembering who subscribed would be of no use.
    server.server.setRequestHandler('resources/subscribe', () => ({}));
    server.server.setRequestHandler('resources/unsubscribe', () => ({}));
}
