// The sign-in that both lines of the official TypeScript client share: an OAuthClientProvider that keeps everything
// in memory and visits the authorization URL itself, and a connect that is refused, authorized and repeated.
import { visit } from './browser.mjs';

const CALLBACK = 'http://127.0.0.1/callback';

export class InMemoryProvider {
  redirectUrl = CALLBACK;
  clientMetadata = {
    client_name: 'interop',
    application_type: 'native',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  #kept = {};

  clientInformation() {
    return this.#kept.client;
  }

  saveClientInformation(client) {
    this.#kept.client = client;
  }

  tokens() {
    return this.#kept.tokens;
  }

  saveTokens(tokens) {
    this.#kept.tokens = tokens;
  }

  codeVerifier() {
    return this.#kept.verifier;
  }

  saveCodeVerifier(verifier) {
    this.#kept.verifier = verifier;
  }

  async redirectToAuthorization(url) {
    this.returned = (await visit(url, CALLBACK)).searchParams;
  }
}

/** Connects without a token, signs in, connects again and calls `whoami`; prints what it returned. `newClient` makes a
 *  client, `newTransport` a transport with that provider, `finish` hands the callback's parameters to a transport. */
export async function signInAndCall({ newClient, newTransport, finish }) {
  const provider = new InMemoryProvider();
  const first = newTransport(provider);
  const refusal = await newClient().connect(first).then(
    () => { throw new Error('connected without a token'); },
    (error) => error,
  );
  if (!provider.returned) {
    throw refusal;
  }
  await finish(first, provider.returned);
  const client = newClient();
  await client.connect(newTransport(provider));
  const { tools } = await client.listTools();
  const result = await client.callTool({ name: tools[0].name, arguments: {} });
  console.log(JSON.stringify({ text: result.content[0].text }));
  await client.close();
}
