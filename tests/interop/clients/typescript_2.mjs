// The official TypeScript SDK 2.x, in the era that the plan names.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { main } from './steps.mjs';

await main(async (url, token, era) => {
  const headers = { Authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  const mode = era === '2026-07-28' ? { pin: '2026-07-28' } : 'legacy';
  const client = new Client({ name: 'interop', version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(transport);
  return {
    protocol: () => client.getNegotiatedProtocolVersion(),
    list: async () => (await client.listTools()).tools,
    call: (name, values, onprogress) => client.callTool({ name, arguments: values }, { onprogress }),
    close: async () => {
      await transport.terminateSession();
      await client.close();
    },
  };
});
