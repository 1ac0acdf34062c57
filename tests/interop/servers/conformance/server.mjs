// The upstream that the conformance suite expects: its fixtures on the official server package, in both eras.
// 2026-07-28 requests are served one by one; everything older runs in sessions. Prints its URL when it listens.

import { createServer } from 'node:http';
import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { fixtures } from './fixtures.mjs';
import { Sessions } from './sessions.mjs';

const notifier = {};
const modern = createMcpHandler(() => fixtures(notifier), { legacy: 'reject' });
notifier.publish = modern.notify;
const sessions = new Sessions(() => fixtures(notifier));

const answer = toNodeHandler({
    fetch: async (request, options) => ((await isLegacyRequest(request)) ? sessions.fetch(request) : modern.fetch(request, options)),
});
const guards = [localhostHostValidation(), localhostOriginValidation()];

const server = createServer((request, response) => {
    if (guards.every((guard) => guard(request, response))) answer(request, response);
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
