import type { TestContext } from 'node:test';
import { badToken, missing, unavailable, type Group, type Row } from '../../../support/both-paths.ts';
import { startIdentityServer, type Mood } from '../../../support/identity-server.ts';
import { asCaller, bearer, es256 } from '../../../support/shop-tokens.ts';
import type { Json } from '../../../support/start-gateway.ts';

/** Servers that are asked about tokens: what they say, and what is answered where they say nothing of use. */

const opaque = 'opaque-token-of-alice';

async function introspectionServer(t: TestContext): Promise<Json> {
  const server = await startIdentityServer(t);
  server.setAnswer(opaque, { active: true, sub: 'alice', aud: 'shop', scope: 'read' });
  server.setAnswer('for-others', { active: true, sub: 'alice', aud: 'others' });
  server.setAnswer('ended', { active: true, sub: 'alice', aud: 'shop', exp: 1 });
  server.setAnswer('yes', { active: 'yes', sub: 'alice', aud: 'shop' });
  server.setAnswer('nobody', { active: true, aud: 'shop' });
  server.setAnswer('list', [true]);
  const client = { clientId: 'weft', clientSecret: 'secret of weft' };
  return { kind: 'introspection', url: server.introspectionUrl, audience: 'shop', ...client };
}

export const introspection: Group = {
  name: 'tokens that a server is asked about',
  setUp: async (t) => ({
    gateway: { identity: { providers: [{ ...(await introspectionServer(t)), hideCredentials: true }] } },
  }),
  rows: [
    { name: 'no token', refused: missing },
    {
      name: 'an active token',
      headers: { ...bearer(opaque), 'x-user-id': 'root' },
      sees: { 'x-user-id': 'alice', authorization: undefined },
      hides: opaque,
    },
    { name: 'a token that is not active', headers: bearer('unknown-token'), refused: badToken('CREDENTIALS_UNKNOWN') },
    { name: 'a token for others', headers: bearer('for-others'), refused: badToken('CREDENTIALS_WRONG_AUDIENCE') },
    { name: 'a token that has ended', headers: bearer('ended'), refused: badToken('CREDENTIALS_EXPIRED') },
    { name: 'a token of nobody', headers: bearer('nobody'), refused: badToken('CREDENTIALS_INVALID') },
    {
      name: 'a token that no server should be sent',
      headers: bearer('a\u00e9'),
      refused: badToken('CREDENTIALS_MALFORMED'),
    },
    { name: '"active" that is no boolean', headers: bearer('yes'), refused: unavailable },
    { name: 'an answer that is none', headers: bearer('list'), refused: unavailable },
    { name: 'a signed token of somebody', headers: await asCaller(), refused: badToken('CREDENTIALS_MALFORMED') },
  ],
};

/** How an issuer's server may be, and the issuer of the tokens that it should have keys for. */
const moods: Readonly<Record<string, Mood | 'down'>> = {
  'is down': 'down',
  'does not answer in time': 'silent',
  'answers part by part for ever': 'trickling',
  fails: 'failing',
  'answers HTML': 'html',
  'answers more than may be': 'huge',
  'is cut off': 'cut off',
  'sends its clients elsewhere': 'redirecting',
};

const issuerOf = (mood: string): string => `https://${mood.replace(' ', '-')}.example`;

async function jwksProvider(t: TestContext, mood: Mood | 'down'): Promise<Json> {
  const server = await startIdentityServer(t);
  server.setKeys(es256.jwk);
  if (mood === 'down') await server.goDown();
  else server.setMood(mood);
  return {
    kind: 'jwt',
    name: mood,
    issuer: issuerOf(mood),
    keys: { url: server.jwksUrl },
    remote: { timeout: '200ms', maxSize: '64KiB' },
  };
}

async function outageRows(): Promise<readonly Row[]> {
  const rows = Object.entries(moods).map(async ([what, mood]) => ({
    name: `a token whose issuer's server ${what}`,
    headers: await asCaller({ iss: issuerOf(mood) }),
    refused: unavailable,
  }));
  return Promise.all(rows);
}

export const outages: Group = {
  name: 'keys that cannot be had',
  setUp: async (t) => {
    const providers = await Promise.all(
      [...Object.values(moods), 'good' as const].map(async (mood) => jwksProvider(t, mood)),
    );
    return { gateway: { identity: { providers } } };
  },
  rows: [
    ...(await outageRows()),
    {
      name: 'a token whose issuer has its keys at hand, beside all of them',
      headers: await asCaller({ iss: issuerOf('good') }),
      sees: { 'x-user-id': 'alice' },
    },
    { name: 'no token', refused: missing },
  ],
};
