import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { ApiKeyProviderConfig, CredentialSource } from '../../src/config/identity-types.ts';
import { GatewayError, type ErrorCode } from '../../src/errors.ts';
import { createApiKeyProvider } from '../../src/identity/keys/api-keys.ts';
import { openKeyFile } from '../../src/identity/keys/key-files.ts';
import { hashKey, makeKey, type KeyRecord } from '../../src/identity/keys/key-record.ts';
import { openKeyRedis } from '../../src/identity/keys/key-redis.ts';
import { openKeyStore, type KeyStore } from '../../src/identity/keys/key-store.ts';
import type { Identity, Provider } from '../../src/identity/types.ts';
import { closeRedis, connectRedis, waitForRedis, type Redis } from '../../src/redis/connect.ts';
import { identityRequest, type IdentityRequestParts } from '../support/identity-request.ts';
import { listenToNotices } from '../support/notices.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';

const header: CredentialSource = { from: 'header', name: 'x-api-key' };
const bearer: CredentialSource = { from: 'authorization', scheme: 'Bearer' };

function configOf(sources: readonly CredentialSource[] = [header]): ApiKeyProviderConfig {
  return { kind: 'api-key', name: 'keys', hidesCredentials: true, sources, store: { in: 'redis' }, cacheMs: 60_000 };
}

interface MadeKey {
  readonly key: string;
  readonly record: KeyRecord;
}

function newKey(fields: Partial<KeyRecord> = {}): MadeKey {
  const { id, key } = makeKey();
  const hash = hashKey(key).toString('base64url');
  const createdAt = new Date().toISOString();
  return { key, record: { id, hash, owner: 'acme', scopes: [], roles: [], createdAt, ...fields } };
}

const withKey = (key: string): IdentityRequestParts => ({ headers: [['x-api-key', key]] });

async function identify(provider: Provider, parts: IdentityRequestParts): Promise<Identity | undefined> {
  return provider.identify(identityRequest(parts));
}

async function refusal(provider: Provider, parts: IdentityRequestParts): Promise<GatewayError> {
  try {
    await identify(provider, parts);
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return error;
  }
  return assert.fail('it was let in');
}

async function assertRefused(provider: Provider, parts: IdentityRequestParts, code: ErrorCode): Promise<void> {
  assert.equal((await refusal(provider, parts)).code, code);
}

async function temporaryFile(t: TestContext, text?: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'weft-keys-'));
  t.after(async () => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'keys.json');
  if (text !== undefined) await writeFile(file, text);
  return file;
}

let server: RedisServer;
let redis: Redis;

before(async () => {
  server = await startRedis();
  redis = connectRedis({ url: server.url });
  await waitForRedis(redis, 5000);
});

after(async () => {
  await closeRedis(redis);
  await server.close();
});

const stores: Readonly<Record<string, (t: TestContext) => Promise<KeyStore>>> = {
  'a file': async (t) =>
    openKeyStore({ in: 'file', file: await temporaryFile(t) }, { redis: undefined, cacheMs: 60_000 }),
  Redis: async () => {
    await redis.flushall();
    return openKeyStore({ in: 'redis' }, { redis, cacheMs: 60_000 });
  },
};

for (const [place, open] of Object.entries(stores)) {
  describe(`keys in ${place}`, () => {
    async function openProvider(t: TestContext): Promise<{ store: KeyStore; provider: Provider }> {
      const store = await open(t);
      const provider = createApiKeyProvider(configOf(), store);
      t.after(provider.close);
      return { store, provider };
    }

    test('a key says who asks, by its record', async (t) => {
      const { store, provider } = await openProvider(t);
      const { key, record } = newKey({ tier: 'gold', scopes: ['read:orders'], roles: ['partner'] });
      await store.add(record);
      assert.deepEqual(await identify(provider, withKey(key)), {
        provider: 'keys',
        subject: 'acme',
        keyId: record.id,
        consumerKeys: ['key-owner:acme'],
        tier: 'gold',
        scopes: ['read:orders'],
        roles: ['partner'],
        claims: { key_id: record.id, owner: 'acme' },
      });
    });

    test('a known key is answered at once, with the same frozen object', async (t) => {
      const { store, provider } = await openProvider(t);
      const { key, record } = newKey();
      await store.add(record);
      const first = await identify(provider, withKey(key));
      assert.ok(first && Object.isFrozen(first) && Object.isFrozen(first.scopes));
      assert.equal(provider.identify(identityRequest(withKey(key))), first);
    });

    test('a request without a key is not for this provider', async (t) => {
      const { provider } = await openProvider(t);
      assert.equal(provider.identify(identityRequest({ headers: [['authorization', 'Bearer weft_a']] })), undefined);
    });

    test('an unknown key, one with another secret and the kept hash itself are all unknown', async (t) => {
      const { store, provider } = await openProvider(t);
      const { key, record } = newKey();
      await store.add(record);
      const otherSecret = key.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
      for (const wrong of [newKey().key, otherSecret, record.hash, record.id, key.toLowerCase()]) {
        await assertRefused(provider, withKey(wrong), 'CREDENTIALS_UNKNOWN');
      }
    });

    test('an expired key and a revoked one are refused as such', async (t) => {
      const { store, provider } = await openProvider(t);
      const expired = newKey({ expiresAt: new Date(Date.now() - 1000).toISOString() });
      const good = newKey({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
      await store.add(expired.record);
      await store.add(good.record);
      await assertRefused(provider, withKey(expired.key), 'CREDENTIALS_EXPIRED');
      assert.ok(await identify(provider, withKey(good.key)));

      const at = new Date().toISOString();
      assert.deepEqual(await store.revoke(good.record.id, at), { ...good.record, revokedAt: at });
      await assertRefused(provider, withKey(good.key), 'CREDENTIALS_REVOKED');
      // The first date stays.
      assert.equal((await store.revoke(good.record.id, '2099-01-01'))?.revokedAt, at);
      assert.equal(await store.revoke('nobody', at), undefined);
    });

    test('what cannot be a key is malformed, and no message shows it', async (t) => {
      const { store, provider } = await openProvider(t);
      const { key, record } = newKey();
      await store.add(record);
      const lookAlike = key.replace('weft', 'we\u0192t');
      const wrong = ['', ' ', `${key} `, `${key}\n`, `${key}\0`, lookAlike, 'k'.repeat(513), 'k'.repeat(10_240)];
      for (const text of wrong) {
        const error = await refusal(provider, withKey(text));
        assert.equal(error.code, 'CREDENTIALS_MALFORMED', JSON.stringify(text));
        assert.ok(text.trim() === '' || !error.message.includes(text.trim()));
      }
      await assertRefused(provider, withKey('a:b:c'), 'CREDENTIALS_UNKNOWN');
      await assertRefused(provider, withKey('__proto__'), 'CREDENTIALS_UNKNOWN');
    });

    test('keys are listed in the order of their making, without anything that opens a door', async (t) => {
      const { store } = await openProvider(t);
      const keys = [newKey({ createdAt: '2026-01-02' }), newKey({ createdAt: '2026-01-03' })];
      for (const { record } of keys) await store.add(record);
      const listed = await store.list();
      assert.deepEqual(
        listed,
        keys.map(({ record }) => record),
      );
      for (const { key } of keys) assert.ok(!JSON.stringify(listed).includes(key.slice(-43)));
    });
  });
}

describe('where a key stands', () => {
  async function openProvider(t: TestContext, sources: readonly CredentialSource[], key: MadeKey): Promise<Provider> {
    const store = await openKeyFile({ file: await temporaryFile(t) });
    await store.add(key.record);
    const provider = createApiKeyProvider(configOf(sources), store);
    t.after(provider.close);
    return provider;
  }

  test('a query parameter', async (t) => {
    const made = newKey();
    const provider = await openProvider(t, [{ from: 'query', name: 'api_key' }], made);
    assert.ok(await identify(provider, { url: `/graphql?a=1&api_key=${made.key}` }));
    assert.deepEqual(provider.places, { headers: [], cookies: [], queryParameters: ['api_key'] });
  });

  test('a Bearer token that does not look like a key is left to other providers, also beside a key', async (t) => {
    const made = newKey();
    const provider = await openProvider(t, [header, bearer], made);
    const jwt = ['authorization', 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln'] as const;
    assert.ok(await identify(provider, { headers: [['authorization', `bearer ${made.key}`]] }));
    assert.equal(await identify(provider, { headers: [jwt] }), undefined);
    assert.ok(await identify(provider, { headers: [jwt, ['x-api-key', made.key]] }));
    assert.equal(provider.challenge, 'Bearer realm="weft"');
  });

  test('two keys that differ are a conflict, wherever they stand', async (t) => {
    const made = newKey();
    const provider = await openProvider(t, [header, bearer], made);
    const other = newKey().key;
    const both = [
      [
        ['x-api-key', made.key],
        ['x-api-key', other],
      ],
      [
        ['x-api-key', made.key],
        ['authorization', `Bearer ${other}`],
      ],
      [
        ['authorization', `Bearer ${made.key}`],
        ['authorization', `Bearer ${other}`],
      ],
    ] as const;
    for (const headers of both) await assertRefused(provider, { headers }, 'CREDENTIALS_CONFLICT');
    assert.ok(
      await identify(provider, {
        headers: [
          ['x-api-key', made.key],
          ['x-api-key', made.key],
        ],
      }),
    );
  });
});

describe('a key file', () => {
  test('is read anew when another process changes it', async (t) => {
    const file = await temporaryFile(t);
    const reader = await openKeyFile({ file, pollMs: 10 });
    const writer = await openKeyFile({ file });
    t.after(async () => Promise.all([reader.close(), writer.close()]));
    const provider = createApiKeyProvider(configOf(), reader);
    const [first, second] = [newKey(), newKey()];
    await writer.add(first.record);
    await until(async () => (await reader.list()).length === 1);
    const identity = await identify(provider, withKey(first.key));
    await writer.add(second.record);
    await until(async () => (await reader.list()).length === 2);
    assert.equal(await identify(provider, withKey(first.key)), identity, 'a record that stayed keeps its object');
    await writer.revoke(first.record.id, new Date().toISOString());
    await until(async () => (await reader.list()).some(({ revokedAt }) => revokedAt !== undefined));
    await assertRefused(provider, withKey(first.key), 'CREDENTIALS_REVOKED');
  });

  test('that becomes bad is told with its line, once, and what it said before holds on until it is good again', async (t) => {
    const file = await temporaryFile(t);
    const store = await openKeyFile({ file, pollMs: 5 });
    t.after(store.close);
    const provider = createApiKeyProvider(configOf(), store);
    const made = newKey();
    await store.add(made.record);
    const good = await readFile(file, 'utf8');
    const notices = listenToNotices(t);
    await replaceFile(file, good.replace('"owner"', 'planted'));
    const { level, message } = await notices.seen(/keys\.json/);
    assert.equal(level, 'error');
    assert.match(message, /^API keys: .*keys\.json: line 6: expected JSON, but got something else/);
    assert.doesNotMatch(message, /planted/);
    assert.ok(await identify(provider, withKey(made.key)));

    const other = newKey();
    await replaceFile(file, JSON.stringify({ keys: [other.record] }));
    await until(async () => (await store.list())[0]?.id === other.record.id);
    await assertRefused(provider, withKey(made.key), 'CREDENTIALS_UNKNOWN');
    assert.equal(notices.all.length, 1);
  });

  test('can be read by its owner alone, and leaves nothing beside it', async (t) => {
    const file = await temporaryFile(t);
    const store = await openKeyFile({ file });
    t.after(store.close);
    const { record } = newKey({ tier: 'gold' });
    await store.add(record);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { keys: [record] });
    assert.deepEqual(await readdir(join(file, '..')), ['keys.json']);
  });

  test('loses no key where several are added at once', async (t) => {
    const file = await temporaryFile(t);
    const open = await Promise.all(Array.from({ length: 8 }, async () => openKeyFile({ file })));
    t.after(async () => Promise.all(open.map(async (store) => store.close())));
    await Promise.all(open.map(async (store) => store.add(newKey().record)));
    const reader = await openKeyFile({ file });
    t.after(reader.close);
    assert.equal((await reader.list()).length, 8);
  });

  const { record } = newKey();
  const bad: Readonly<Record<string, readonly [text: string, problem: RegExp]>> = {
    'no JSON': ['{\n  "keys": [\n    nope\n  ]\n}\n', /line 3: expected JSON/],
    'an end too early': ['{\n  "keys": [\n', /line 2: expected JSON/],
    'a list': ['[]', /the file: expected an object, but got: a list/],
    'no keys': ['{}', /keys: expected a list, but got: nothing/],
    'an unknown member': [
      JSON.stringify({ keys: [{ ...record, expireAt: '2020-01-01' }] }),
      /keys\[0\]: expected no other members than .*expiresAt.*, but got: expireAt/,
    ],
    'a hash that is none': [
      JSON.stringify({ keys: [{ ...record, hash: 'planted' }] }),
      /keys\[0\]\.hash: expected a SHA-256/,
    ],
    'a date that is none': [
      JSON.stringify({ keys: [{ ...record, expiresAt: 'tomorrow' }] }),
      /keys\[0\]\.expiresAt: expected a date such as .*, but got: tomorrow/,
    ],
    'scopes that are no texts': [
      JSON.stringify({ keys: [{ ...record, scopes: [1] }] }),
      /keys\[0\]\.scopes\[0\]: expected a text, but got: a value of type number/,
    ],
    'one key twice': [JSON.stringify({ keys: [record, record] }), /keys\[1\]: expected a key of its own/],
  };
  for (const [what, [text, problem]] of Object.entries(bad)) {
    test(`with ${what} cannot be opened`, async (t) => {
      const file = await temporaryFile(t, text);
      await assert.rejects(openKeyFile({ file }), (error: GatewayError) => {
        assert.equal(error.code, 'CONFIGURATION_INVALID');
        assert.match(error.message, problem);
        assert.ok(error.message.includes(file));
        assert.doesNotMatch(error.message, /planted/);
        return true;
      });
    });
  }
});

describe('keys in Redis, shared by several gateways', () => {
  interface Other {
    readonly store: KeyStore;
    readonly provider: Provider;
  }

  /** What another process has: a connection, a store and a provider of its own. */
  async function openOther(t: TestContext, cacheMs: number, url = server.url): Promise<Other> {
    const connection = connectRedis({ url });
    t.after(async () => closeRedis(connection));
    await waitForRedis(connection, 5000);
    const store = openKeyRedis({ redis: connection, cacheMs });
    return { store, provider: createApiKeyProvider(configOf(), store) };
  }

  test('a key that one revokes is refused by the other once it asks anew', async (t) => {
    const one = await openOther(t, 60_000);
    const other = await openOther(t, 20);
    const made = newKey();
    await one.store.add(made.record);
    assert.ok(await identify(other.provider, withKey(made.key)));
    await one.store.revoke(made.record.id, new Date().toISOString());
    await until(async () =>
      identify(other.provider, withKey(made.key)).then(
        () => false,
        () => true,
      ),
    );
    await assertRefused(other.provider, withKey(made.key), 'CREDENTIALS_REVOKED');
  });

  test('a key that has not changed keeps its object when it is asked for anew', async (t) => {
    const { store, provider } = await openOther(t, 0);
    const made = newKey();
    await store.add(made.record);
    const first = await identify(provider, withKey(made.key));
    assert.equal(await identify(provider, withKey(made.key)), first);
  });

  test('what is believed is not asked for, and several requests for one key ask once', async (t) => {
    const { store, provider } = await openOther(t, 60_000);
    const made = newKey();
    await store.add(made.record);
    const asked = async (): Promise<number> =>
      Number(/cmdstat_hgetall:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
    const start = await asked();
    const unknown = newKey().key;
    await Promise.all(Array.from({ length: 10 }, async () => identify(provider, withKey(made.key))));
    await Promise.all(
      Array.from({ length: 10 }, async () => assertRefused(provider, withKey(unknown), 'CREDENTIALS_UNKNOWN')),
    );
    assert.ok(!(provider.identify(identityRequest(withKey(made.key))) instanceof Promise));
    assert.throws(() => provider.identify(identityRequest(withKey(unknown))), { code: 'CREDENTIALS_UNKNOWN' });
    assert.equal((await asked()) - start, 2);
  });

  test('while Redis is down only what was asked for just before is known, and the rest is unavailable', async (t) => {
    const own = await startRedis();
    t.after(own.close);
    const { store, provider } = await openOther(t, 60_000, own.url);
    const [seen, unseen] = [newKey(), newKey()];
    await store.add(seen.record);
    await store.add(unseen.record);
    assert.ok(await identify(provider, withKey(seen.key)));
    await own.stop();
    assert.ok(await identify(provider, withKey(seen.key)));
    const error = await refusal(provider, withKey(unseen.key));
    assert.equal(error.code, 'IDENTITY_UNAVAILABLE');
    assert.equal(error.publicMessage, 'Credentials cannot be verified at the moment.');
  });

  test('a record that cannot be read lets nobody in', async (t) => {
    const { store, provider } = await openOther(t, 0);
    const made = newKey();
    await store.add(made.record);
    await redis.hset(`weft:key:${made.record.hash}`, 'expiresAt', 'never');
    await assertRefused(provider, withKey(made.key), 'IDENTITY_UNAVAILABLE');
  });
});

test('a store in Redis without a Redis is told at the start', async () => {
  await assert.rejects(openKeyStore({ in: 'redis' }, { redis: undefined, cacheMs: 0 }), {
    code: 'CONFIGURATION_INVALID',
  });
});

test('made keys are of one form, and no two are equal', () => {
  const made = Array.from({ length: 200 }, makeKey);
  for (const { id, key } of made) {
    assert.match(key, /^weft_[0-9A-Za-z]{12}_[\w-]{43}$/);
    assert.equal(key.split('_')[1], id);
  }
  assert.equal(new Set(made.map(({ key }) => key)).size, 200);
  assert.equal(new Set(made.map(({ id }) => id)).size, 200);
});

/** At once, as editors do: whoever reads it in between sees all of it, before or after. */
async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
