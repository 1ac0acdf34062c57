// An OpenID provider on loopback: the certified `oidc-provider`, told by its one argument (JSON) what to issue.
//   port       where to listen; the issuer is http://127.0.0.1:<port>
//   claims     account or client id → the extra claims of its tokens
//   clients    statically registered clients, as RFC 7591 metadata
//   resources  resource indicator → {audience, alg} of its access tokens; without `alg` they are opaque
// Whoever comes is signed in and consents at once: as `login_hint` says, else as the first account.
// POST /rotate replaces every key. Each success that matters is a JSON line on stdout.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, { errors } from 'oidc-provider';

const { port, claims, clients, resources } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const scopes = ['openid', 'offline_access', 'mcp'];
const cookieKeys = [randomUUID()];
let provider = newProvider();

createServer((request, response) => {
  if (request.url === '/rotate') {
    provider = newProvider();
    response.end();
  } else if (request.url.startsWith('/interaction/')) {
    interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
  } else {
    provider.callback()(request, response);
  }
}).listen(port, '127.0.0.1');

/** A provider with keys of its own. Sessions, grants and registrations live on in the shared memory adapter. */
function newProvider() {
  const made = new Provider(issuer, {
    clients,
    scopes,
    jwks: { keys: [newKey('RS256'), newKey('ES256')] },
    cookies: { keys: cookieKeys },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...claims[id] }) }),
    extraTokenClaims: (_, token) => claims[token.accountId ?? token.clientId],
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => resourceServer(resource),
      },
    },
  });
  const report = (event) => (ctx) =>
    console.log(JSON.stringify({ event, client: ctx.oidc.client?.clientId, resource: ctx.oidc.params?.resource }));
  for (const event of ['registration_create.success', 'authorization.success', 'grant.success']) {
    made.on(event, report(event));
  }
  for (const event of ['authorization.error', 'grant.error', 'registration_create.error', 'server_error']) {
    made.on(event, (_, error) => console.log(JSON.stringify({ event, error: error.error_description ?? String(error) })));
  }
  return made;
}

function newKey(alg) {
  const { privateKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: randomUUID() };
}

function resourceServer(resource) {
  const known = resources[resource];
  if (!known) {
    throw new errors.InvalidTarget();
  }
  const { audience, alg } = known;
  const format = alg ? { accessTokenFormat: 'jwt', jwt: { sign: { alg } } } : { accessTokenFormat: 'opaque' };
  return { audience, scope: 'mcp', accessTokenTTL: 600, ...format };
}

async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const accountId = params.login_hint ?? Object.keys(claims)[0];
    return provider.interactionFinished(request, response, { login: { accountId } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(scopes.join(' '));
  for (const resource of Object.keys(resources)) {
    grant.addResourceScope(resource, 'mcp');
  }
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}
