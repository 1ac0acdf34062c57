// The official TypeScript SDK 1.x. It speaks revisions up to 2025-11-25.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { main } from './steps.mjs';

await main(async (url, token) => {
  const headers = { Authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  const client = new Client({ name: 'interop', version: '1.0.0' });
  await client.connect(transport);
  return {
    protocol: () => transport.protocolVersion,
    list: async () => (await client.listTools()).tools,
    call: (name, values, onprogress) => client.callTool({ name, arguments: values }, undefined, { onprogress }),
    close: async () => {
      await transport.terminateSession();
      await client.close();
    },
  };
});
