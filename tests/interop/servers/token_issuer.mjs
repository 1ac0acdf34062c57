// Tokens of an issuer that exists nowhere. Argument: a JSON list of claim sets. Prints {jwks, tokens}.
import { generateKeyPairSync, sign } from 'node:crypto';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(claims) {
  const content = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'interop' })}.${encode(claims)}`;
  return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`;
}

const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'interop', alg: 'RS256', use: 'sig' };
console.log(JSON.stringify({ jwks: { keys: [jwk] }, tokens: JSON.parse(process.argv[2]).map(token) }));
