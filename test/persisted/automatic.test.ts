import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test, type TestContext } from 'node:test';
import { anonymous } from '../../src/identity/caller.ts';
import { sha256 } from '../../src/persisted/normal-form.ts';
import { closeRedis, connectRedis, waitForRedis, type Redis } from '../../src/redis/connect.ts';
import { refusingUrl } from '../support/fake-upstream.ts';
import { openFor, staff, type Asking } from '../support/manifests.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';

let server: RedisServer;
let redis: Redis;

before(async () => {
  server = await startRedis();
  redis = connectRedis({ kind: 'single', url: server.url });
  await waitForRedis(redis, 5000);
});

after(async () => {
  await closeRedis(redis);
  await server.close();
});

beforeEach(async () => {
  await redis.flushall();
});

const maxAgeMs = 60_000;

async function open(t: TestContext, of: { redis?: Redis | undefined; maxBytes?: number } = {}): Promise<Asking> {
  const automatic = { maxBytes: of.maxBytes ?? 100_000, maxAgeMs };
  return openFor(t, { redis: of.redis, config: { automatic, trusted: undefined } });
}

const query = 'query User { user(id: 1) { name } }';
const hash = sha256(query);
const key = `weft:apq:${hash}`;

describe('automatic persisted queries', () => {
  test('are found by their hash once they were registered with their text', async (t) => {
    const { ask, refusal, persisted } = await open(t);
    assert.equal(await refusal({ sha256: hash }), 'PERSISTED_QUERY_NOT_FOUND');
    assert.equal(await ask({ sha256: hash, query }), query);
    const request = { caller: anonymous, requestId: 'request-1' };
    // At once, without a promise.
    assert.equal(persisted.resolve({ query: undefined, id: undefined, sha256: hash }, request), query);
  });

  test('are refused in the words by which clients of the protocol know it', async (t) => {
    const { ask } = await open(t);
    await assert.rejects(ask({ sha256: hash }), { message: 'PersistedQueryNotFound' });
    const { ask: askWithout } = await openFor(t, { config: { automatic: undefined, trusted: undefined } });
    await assert.rejects(askWithout({ sha256: hash }), { message: 'PersistedQueryNotSupported' });
    await assert.rejects(askWithout({ sha256: hash, query }), { message: 'PersistedQueryNotSupported' });
  });

  test('are not registered under a hash that is not their own', async (t) => {
    const { refusal } = await open(t, { redis });
    assert.equal(await refusal({ sha256: hash, query: `${query} ` }), 'PERSISTED_QUERY_MISMATCH');
    assert.equal(await refusal({ sha256: hash }), 'PERSISTED_QUERY_NOT_FOUND');
    assert.deepEqual(await redis.keys('*'), []);
  });

  test('are no ids of trusted documents', async (t) => {
    const { ask, refusal } = await open(t);
    await ask({ sha256: hash, query });
    assert.equal(await refusal({ id: hash }), 'PERSISTED_QUERY_NOT_SUPPORTED');
  });

  test('take no more memory than is given to them: the oldest go', async (t) => {
    const { ask, refusal } = await open(t, { maxBytes: 20_000 });
    const texts = Array.from({ length: 40 }, (_, index) => `{ field${index} } #${'x'.repeat(400)}`);
    for (const text of texts) await ask({ sha256: sha256(text), query: text });
    let kept = 0;
    for (const text of texts)
      kept += await ask({ sha256: sha256(text) }).then(
        () => 1,
        () => 0,
      );
    assert.ok(kept > 0 && kept * 800 < 20_000, `${kept} are kept`);
    assert.equal(await refusal({ sha256: sha256(texts[0] ?? '') }), 'PERSISTED_QUERY_NOT_FOUND');
    assert.equal(await ask({ sha256: sha256(texts.at(-1) ?? '') }), texts.at(-1));
    // One that is larger than all of it is served, and not kept.
    const huge = `{ a } #${'x'.repeat(30_000)}`;
    assert.equal(await ask({ sha256: sha256(huge), query: huge }), huge);
    assert.equal(await refusal({ sha256: sha256(huge) }), 'PERSISTED_QUERY_NOT_FOUND');
  });
});

describe('automatic persisted queries with Redis', () => {
  test('that were registered on one instance are found on another, and kept there', async (t) => {
    const [one, other] = [await open(t, { redis }), await open(t, { redis })];
    await one.ask({ sha256: hash, query });
    await until(async () => (await redis.exists(key)) === 1);
    assert.equal(await other.ask({ sha256: hash }), query);
    await redis.flushall();
    assert.equal(await other.ask({ sha256: hash }), query);
  });

  test('are kept there for their age alone', async (t) => {
    const { ask } = await open(t, { redis });
    await ask({ sha256: hash, query });
    await until(async () => (await redis.exists(key)) === 1);
    const left = await redis.pttl(key);
    assert.ok(left > 0 && left <= maxAgeMs, `${left} ms`);
  });

  test('are not written again each time a client sends the text', async (t) => {
    const { ask } = await open(t, { redis });
    await ask({ sha256: hash, query });
    await until(async () => (await redis.exists(key)) === 1);
    await redis.del(key);
    await ask({ sha256: hash, query });
    // Commands of one connection are run in turn.
    assert.equal(await redis.exists(key), 0);
  });

  test('are not believed where the text is not of the hash', async (t) => {
    const { refusal } = await open(t, { redis });
    await redis.set(key, '{ planted }');
    assert.equal(await refusal({ sha256: hash }), 'PERSISTED_QUERY_NOT_FOUND');
    assert.equal(await refusal({ sha256: hash }), 'PERSISTED_QUERY_NOT_FOUND');
  });

  test('are not served where they are not trusted, whoever wrote them to Redis', async (t) => {
    const trusted = { mode: 'enforce', manifests: [], bypass: undefined } as const;
    const automatic = { maxBytes: 100_000, maxAgeMs };
    const { ask, refusal } = await openFor(t, { redis, config: { automatic, trusted } });
    await redis.set(key, query);
    assert.equal(await refusal({ sha256: hash }), 'OPERATION_NOT_TRUSTED');
    // The second time from memory.
    assert.equal(await refusal({ sha256: hash }), 'OPERATION_NOT_TRUSTED');
    assert.equal(await ask({ sha256: hash }, staff), query);
  });

  test('ask Redis for nothing that is no hash', async (t) => {
    const { refusal } = await open(t, { redis });
    const asked = await commandsOf(redis, 'get');
    assert.equal(await refusal({ sha256: 'user-1' }), 'PERSISTED_QUERY_NOT_FOUND');
    assert.equal(await commandsOf(redis, 'get'), asked);
    assert.equal(await refusal({ sha256: hash }), 'PERSISTED_QUERY_NOT_FOUND');
    assert.equal(await commandsOf(redis, 'get'), asked + 1);
  });

  test('go on in memory while Redis cannot be reached', async (t) => {
    const { port } = new URL(await refusingUrl());
    const down = connectRedis({ kind: 'single', url: `redis://127.0.0.1:${port}` });
    t.after(async () => closeRedis(down));
    const { ask, refusal } = await open(t, { redis: down });
    assert.equal(await refusal({ sha256: hash }), 'PERSISTED_QUERY_NOT_FOUND');
    assert.equal(await ask({ sha256: hash, query }), query);
    assert.equal(await ask({ sha256: hash }), query);
  });

  test('are not found while Redis stands still, and nobody waits for its time limit', async (t) => {
    await redis.set(key, query);
    const { ask, refusal } = await open(t, { redis });
    server.pause();
    t.after(server.resume);
    let hasAnswered = false;
    const asked = redis.get('anything').finally(() => {
      hasAnswered = true;
    });
    asked.catch(() => {});
    assert.equal(await refusal({ sha256: hash }), 'PERSISTED_QUERY_NOT_FOUND');
    assert.equal(await ask({ sha256: sha256('{ b }'), query: '{ b }' }), '{ b }');
    assert.equal(await ask({ sha256: sha256('{ b }') }), '{ b }');
    // It would have failed after 500 ms.
    assert.equal(hasAnswered, false);
    server.resume();
    await until(async () => (await ask({ sha256: hash }).catch(() => undefined)) === query);
  });

  test('whose writing failed are written when they come the next time', async (t) => {
    const { ask } = await open(t, { redis });
    await server.stop();
    await until(() => redis.status !== 'ready');
    await ask({ sha256: hash, query });
    await server.restart();
    await until(() => redis.status === 'ready');
    await until(async () => {
      await ask({ sha256: hash, query });
      return (await redis.exists(key)) === 1;
    });
    assert.equal(await redis.get(key), query);
  });
});

/** How often a server has run a command. */
async function commandsOf(connection: Redis, command: string): Promise<number> {
  const info = await connection.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(info)?.[1] ?? 0);
}
