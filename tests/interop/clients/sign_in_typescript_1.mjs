// Signs in with the official TypeScript SDK, line 1.x. Argument: the MCP endpoint.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { signInAndCall } from './sign_in.mjs';

const url = new URL(process.argv[2]);
await signInAndCall({
  newClient: () => new Client({ name: 'interop', version: '1' }),
  newTransport: (authProvider) => new StreamableHTTPClientTransport(url, { authProvider }),
  finish: (transport, parameters) => transport.finishAuth(parameters.get('code')),
});
