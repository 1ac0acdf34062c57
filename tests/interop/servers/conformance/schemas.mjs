// Tools known for their input schemas: keywords of JSON Schema 2020-12, and a parameter mirrored into a header.

import { fromJsonSchema } from '@modelcontextprotocol/server';
import { text } from './samples.mjs';

const EVERY_KEYWORD = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
    properties: {
        name: { type: 'string' },
        address: { $ref: '#/$defs/address' },
        contactMethod: { type: 'string', enum: ['phone', 'email'] },
        phone: { type: 'string' },
        email: { type: 'string' },
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    then: { required: ['phone'] },
    else: { required: ['email'] },
    additionalProperties: false,
};

const MIRRORED = { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } }, required: ['region'] };

export function registerSchemas(server) {
    const tool = (name, schema) =>
        server.registerTool(name, { description: `Takes the arguments of ${name}`, inputSchema: fromJsonSchema(schema) }, (received) =>
            text(JSON.stringify(received)),
        );
    tool('json_schema_2020_12_tool', EVERY_KEYWORD);
    tool('test_custom_header', MIRRORED);
}
