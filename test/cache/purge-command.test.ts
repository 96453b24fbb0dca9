import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UsageError, type CacheFlags } from '../../src/commands/arguments.ts';
import { cache as cacheCommand } from '../../src/commands/cache.ts';
import { GatewayError } from '../../src/errors.ts';
import { refusingUrl } from '../support/fake-upstream.ts';
import { startRedis } from '../support/redis.ts';
import { makeFolder, weft } from '../support/run-weft.ts';
import { until } from '../support/until.ts';
import { entryOf, put, startInstance } from './rig.ts';

const upstream = {
  'upstreams/users.yaml': 'kind: rest\ntargets: http://127.0.0.1:1\n',
  'schema/users.graphql': 'type Query { user: String }\n',
  'resolvers/users.ts': "import { rest } from 'weft';\nexport const Query = { user: rest('users').get('/user') };\n",
};
const withRedis = { ...upstream, 'gateway.yaml': 'port: 0\nredis: { url: "${REDIS_URL}" }\n' };

const none = { supergraph: undefined, port: undefined, host: undefined, operation: undefined, keyFlags: {} };

describe('weft cache purge', () => {
  test('by tag, by type, by entity, and everything: gone from Redis and from the memory of instances', async (t) => {
    const server = await startRedis({ password: 'purge-password' });
    t.after(server.close);
    const dir = await makeFolder(t, withRedis);
    const instance = await startInstance(t, { servers: { url: server.url } });
    const { store } = instance;
    const entries = {
      'by tag': ['news'],
      'by type': ['Order'],
      'by entity': ['User', 'User:1'],
      'may have the entity': ['User', 'User:?'],
      other: ['User', 'User:2'],
    };
    for (const [key, tags] of Object.entries(entries)) await put(instance, key, entryOf(key, { tags }));
    const env = { REDIS_URL: server.url };
    const flags = ['--tag', 'news', '--type', 'Order', '--type', 'User:1', '--dir', dir];
    const some = await weft(t, ['cache', 'purge', ...flags], { env });
    const said = 'purged answers with news, Order, User:1: gone from Redis, and all instances are told\n';
    assert.deepEqual(some, { code: 0, stdout: said, stderr: '' });
    await until(() => store.counts().entries === 1);
    for (const key of Object.keys(entries)) assert.equal((await store.get(key)) !== undefined, key === 'other', key);
    const all = await weft(t, ['cache', 'purge', '--all', '--dir', dir], { env });
    assert.deepEqual([all.code, all.stderr], [0, '']);
    await until(() => store.counts().entries === 0);
    assert.equal(await store.get('other'), undefined);
  });

  test('arguments that it does not take are refused, each with what was expected', async () => {
    const refusal = async (words: readonly string[], cacheFlags: CacheFlags): Promise<string> => {
      try {
        await cacheCommand({ ...none, dir: '/nowhere', words, cacheFlags });
      } catch (error) {
        assert.ok(error instanceof UsageError, String(error));
        return error.message;
      }
      throw new Error('Expected a refusal');
    };
    assert.equal(await refusal([], {}), 'expected "cache purge", but got "cache"');
    assert.equal(await refusal(['purge', 'User'], {}), 'expected "cache purge", but got "cache purge User"');
    const either = '"weft cache purge": expected either --all or some --tag and --type, but got';
    assert.equal(await refusal(['purge'], {}), `${either} neither`);
    assert.equal(await refusal(['purge'], { all: true, tags: ['x'] }), `${either} both`);
    assert.equal(await refusal(['purge'], { tags: [''] }), 'expected tags of 1 to 256 characters, but got one of 0');
    assert.equal(
      await refusal(['purge'], { tags: ['x'.repeat(257)] }),
      'expected tags of 1 to 256 characters, but got one of 257',
    );
    assert.equal(await refusal(['purge'], { types: ['User 1'] }), '--type: expected Type or Type:id, but got "User 1"');
  });

  test('without a Redis that instances share, and with one that cannot be reached, it says so and ends with 1', async (t) => {
    const failure = async (gateway: string): Promise<GatewayError> => {
      const dir = await makeFolder(t, { ...upstream, 'gateway.yaml': gateway });
      try {
        await cacheCommand({ ...none, dir, words: ['purge'], cacheFlags: { all: true } });
      } catch (error) {
        assert.ok(error instanceof GatewayError, String(error));
        return error;
      }
      throw new Error('Expected a failure');
    };
    const why = 'instances that keep answers in memory alone cannot be told from outside: restart them';
    const missing = await failure('port: 0\n');
    assert.deepEqual(
      [missing.code, missing.message],
      ['CONFIGURATION_INVALID', `gateway.yaml: expected redis, but got none; ${why}`],
    );
    const memory = await failure('port: 0\nredis: { url: "redis://127.0.0.1:1" }\ncache: { store: memory }\n');
    assert.equal(memory.message, `gateway.yaml: expected cache.store redis, but got memory; ${why}`);
    const url = (await refusingUrl()).replace('http:', 'redis:');
    const away = await failure(`port: 0\nredis: { url: "${url}" }\n`);
    assert.match(away.message, /^nothing may be purged, try again: Redis cannot be reached: /);
  });
});
