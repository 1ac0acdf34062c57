// Tools that return one kind of content each.

import { PNG, WAV, text } from './samples.mjs';

const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const audio = { type: 'audio', data: WAV, mimeType: 'audio/wav' };

function resource(uri, mimeType, value) {
    return { type: 'resource', resource: { uri, mimeType, text: value } };
}

const RESULTS = {
    test_simple_text: text('This is a simple text response for testing.'),
    test_image_content: { content: [image] },
    test_audio_content: { content: [audio] },
    test_embedded_resource: { content: [resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')] },
    test_multiple_content_types: {
        content: [
            ...text('Multiple content types test:').content,
            image,
            resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
        ],
    },
    test_error_handling: { ...text('This tool intentionally returns an error for testing'), isError: true },
};

export function registerContent(server) {
    for (const [name, result] of Object.entries(RESULTS)) {
        server.registerTool(name, { description: `Returns the ${name} fixture` }, () => result);
    }
}
