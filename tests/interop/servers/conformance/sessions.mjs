// Sessions of the revisions up to 2025-11-25. A session lives until its DELETE; an unknown id is 404, which tells
// clients to start anew.

import { randomUUID } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport, isInitializeRequest } from '@modelcontextprotocol/server';
import { Events } from './events.mjs';

const RETRY_MILLISECONDS = 200;

export class Sessions {
    #transports = new Map();
    #newServer;

    /** `newServer` makes the server of one session. */
    constructor(newServer) {
        this.#newServer = newServer;
    }

    async fetch(request) {
        const id = request.headers.get('mcp-session-id');
        if (id) return this.#transports.get(id)?.handleRequest(request) ?? refusal(404, -32001, 'Session not found');
        if (!(await asksForSession(request))) return refusal(400, -32600, 'Session ID is required for this operation.');
        const transport = new WebStandardStreamableHTTPServerTransport({
            sessionIdGenerator: randomUUID,
            eventStore: new Events(),
            retryInterval: RETRY_MILLISECONDS,
            onsessioninitialized: (created) => void this.#transports.set(created, transport),
            onsessionclosed: (closed) => void this.#transports.delete(closed),
        });
        await this.#newServer().connect(transport);
        return transport.handleRequest(request);
    }
}

async function asksForSession(request) {
    if (request.method !== 'POST') return false;
    const body = await request.clone().json().catch(() => undefined);
    return isInitializeRequest(body);
}

function refusal(status, code, message) {
    return Response.json({ jsonrpc: '2.0', id: null, error: { code, message } }, { status });
}
