// Signs in with the official TypeScript client, line 2.x. Argument: the MCP endpoint.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { signInAndCall } from './sign_in.mjs';

const url = new URL(process.argv[2]);
await signInAndCall({
  newClient: () => new Client({ name: 'interop', version: '1' }),
  newTransport: (authProvider) => new StreamableHTTPClientTransport(url, { authProvider }),
  finish: (transport, parameters) => transport.finishAuth(parameters),
});
