import type { TestContext } from 'node:test';
import type { KeyStoreConfig } from '../../../../src/config/identity-types.ts';
import { openKeyStore } from '../../../../src/identity/keys/key-store.ts';
import type { Revocation } from '../../../../src/identity/revocations/revocation-list.ts';
import { revoke } from '../../../../src/identity/revocations/revocations.ts';
import { closeRedis, connectRedis, waitForRedis } from '../../../../src/redis/connect.ts';
import { badToken, type Group, type Row } from '../../../support/both-paths.ts';
import { startRedis } from '../../../support/redis.ts';
import { asCaller, jwtFiles, jwtProvider } from '../../../support/shop-tokens.ts';
import type { Json } from '../../../support/start-gateway.ts';
import { keyOf } from './keys.ts';

/** Tokens, subjects and keys that are no longer good, by a list in a file and by one in Redis. */

const [good, revoked, listed] = [keyOf(), keyOf({ revokedAt: '2024-02-01T00:00:00Z' }), keyOf()];

const revocations: readonly Pick<Revocation, 'kind' | 'id'>[] = [
  { kind: 'jti', id: 'lost-token' },
  { kind: 'subject', id: 'mallory' },
  { kind: 'key', id: listed.record.id },
];

const refused = badToken('CREDENTIALS_REVOKED');

const rows: readonly Row[] = [
  { name: 'a token', headers: await asCaller({ jti: 'token-1' }), sees: { 'x-user-id': 'alice' } },
  { name: 'a token whose "jti" is revoked', headers: await asCaller({ jti: 'lost-token' }), refused },
  { name: 'a token whose subject is revoked', headers: await asCaller({ jti: 'token-1', sub: 'mallory' }), refused },
  { name: 'a token with a subject called as a revoked "jti"', headers: await asCaller({ sub: 'lost-token' }) },
  { name: 'a key', headers: { 'x-api-key': good.key }, sees: { 'x-owner': 'acme' } },
  { name: 'a key that its store says is revoked', headers: { 'x-api-key': revoked.key }, refused },
  { name: 'a key that the list names', headers: { 'x-api-key': listed.key }, refused },
];

function gatewayWith(store: Json): Json {
  return {
    identity: { providers: [jwtProvider, { kind: 'api-key', ...store }], revocations: store },
    consumers: { acme: {} },
  };
}

/** A Redis with all of it in. */
async function filledRedis(t: TestContext): Promise<string> {
  const server = await startRedis();
  t.after(server.close);
  const redis = connectRedis({ url: server.url });
  await waitForRedis(redis, 5000);
  const config: KeyStoreConfig = { in: 'redis' };
  const keys = await openKeyStore(config, { redis, cacheMs: 0 });
  for (const { record } of [good, revoked, listed]) await keys.add(record);
  for (const revocation of revocations) await revoke(config, { redis }, { ...revocation, until: Infinity });
  await closeRedis(redis);
  return server.url;
}

export const revokedInFile: Group = {
  name: 'what is revoked by a file',
  setUp: async () => {
    const { identity, ...rest } = gatewayWith({ file: './revoked.json' });
    const { providers } = identity as { readonly providers: readonly Json[] };
    const [tokens = {}, keys = {}] = providers;
    const list = Map.groupBy(revocations, ({ kind }) => kind);
    const ids = [...list].map(([kind, some]) => [kind, some.map(({ id }) => id)] as const);
    return {
      gateway: { identity: { ...(identity as Json), providers: [tokens, { ...keys, file: './keys.json' }] }, ...rest },
      files: {
        ...jwtFiles,
        'keys.json': JSON.stringify({ keys: [good, revoked, listed].map(({ record }) => record) }),
        'revoked.json': JSON.stringify(Object.fromEntries(ids)),
      },
    };
  },
  rows,
};

export const revokedInRedis: Group = {
  name: 'what is revoked in Redis',
  setUp: async (t) => ({
    gateway: { redis: { url: await filledRedis(t) }, ...gatewayWith({ store: 'redis' }) },
    files: jwtFiles,
  }),
  rows,
};
