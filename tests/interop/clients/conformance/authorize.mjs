// Preloaded into the suite, which has no option for a token: adds Authorization to every request that its HTTP
// clients (fetch, undici, node:http) make to the gateway. Everything else goes out as the suite wants it.

import { subscribe } from 'node:diagnostics_channel';

const gateway = new URL(process.env.INTEROP_ORIGIN);
const authorization = `Bearer ${process.env.INTEROP_TOKEN}`;

subscribe('undici:request:create', ({ request }) => {
    if (String(request.origin) === gateway.origin) request.addHeader('authorization', authorization);
});
subscribe('http.client.request.created', ({ request }) => {
    if (request.getHeader('host') === gateway.host) request.setHeader('authorization', authorization);
});
