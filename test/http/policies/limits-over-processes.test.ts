import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { Agent, request } from 'undici';
import { stringify } from 'yaml';
import { startFakeUpstream, type FakeUpstream } from '../../support/fake-upstream.ts';
import { guardedFiles, peopleAnswer, startScores } from '../../support/guarded-upstreams.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { makeFolder, runWeft } from '../../support/run-weft.ts';
import type { Json } from '../../support/start-gateway.ts';

/** Four gateway processes with one Redis: what they let pass together is the limit, to the request. */

const processes = 4;
const max = 100;
const calls = 800;
const window = '1h';

/** By route; each has its own limit. */
const limits: Readonly<Record<string, Json>> = {
  fixed: { max, window },
  sliding: { max, window, algorithm: 'sliding-window' },
  bucket: { max, window, algorithm: 'token-bucket', burst: max },
  day: { max, quota: 'day' },
  month: { max, quota: 'month' },
  places: { concurrent: max },
  'local-count': { max, window, onOutage: 'local' },
  'allow-all': { max, window, onOutage: 'allow' },
  'deny-all': { max, window, onOutage: 'deny' },
};

interface Came {
  readonly statuses: Readonly<Record<number, number>>;
}

interface Servers {
  readonly urls: readonly string[];
  readonly upstream: FakeUpstream;
  readonly redis: RedisServer;
  /** While it is pending the upstream answers nobody. */
  readonly hold: { until: Promise<void> };
}

describe('four gateway processes, 800 requests at once', () => {
  const cleanups: (() => unknown)[] = [];
  const t = { after: (end: () => unknown) => void cleanups.unshift(end) } as unknown as TestContext;
  const agent = new Agent({ connections: calls / processes, pipelining: 1 });
  let servers: Servers;

  before(async () => {
    cleanups.unshift(async () => agent.close());
    servers = await startServers(t);
  });
  after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });

  const ask = async (path: string, onStatus: (status: number) => void = () => {}): Promise<Came> => {
    const statuses: Record<number, number> = {};
    const asked = Array.from({ length: calls }, async (_, index) => {
      const { statusCode, body } = await request(`${servers.urls[index % processes]}${path}`, { dispatcher: agent });
      onStatus(statusCode);
      await body.dump();
      statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
    });
    await Promise.all(asked);
    return { statuses };
  };

  for (const name of ['fixed', 'sliding', 'bucket', 'day', 'month']) {
    test(`${name}: exactly 100 pass`, async () => {
      assert.deepEqual((await ask(`/${name}/people/1`)).statuses, { 200: max, 429: calls - max });
    });
  }

  test('GraphQL: exactly 100 pass, and a budget of points is spent to the point', async () => {
    const query = encodeURIComponent('query Limited { person(id: "1") { name } }');
    assert.deepEqual((await ask(`/graphql?query=${query}`)).statuses, { 200: max, 429: calls - max });
    const costly = encodeURIComponent('{ person(id: "1") { name } }');
    assert.deepEqual((await ask(`/graphql?query=${costly}`)).statuses, { 200: max, 429: calls - max });
  });

  test('at the same time: exactly 100 are served', async () => {
    const released = Promise.withResolvers<void>();
    servers.hold.until = released.promise;
    let refused = 0;
    const { statuses } = await ask('/places/people/1', (status) => {
      refused += status === 429 ? 1 : 0;
      if (refused === calls - max) released.resolve();
    });
    assert.deepEqual(statuses, { 200: max, 429: calls - max });
    servers.hold.until = Promise.resolve();
  });

  test('without Redis each limit holds as it says: counted by share, let pass, or denied; and Redis is found again', async () => {
    await servers.redis.stop();
    assert.deepEqual((await ask('/local-count/people/1')).statuses, { 200: max, 429: calls - max });
    assert.deepEqual((await ask('/allow-all/people/1')).statuses, { 200: calls });
    assert.deepEqual((await ask('/deny-all/people/1')).statuses, { 503: calls });
    await servers.redis.restart();
    for (const url of servers.urls) while ((await request(`${url}/deny-all/people/1`)).statusCode === 503);
    // What was asked until all were back has used some of it already.
    const { statuses } = await ask('/allow-all/people/1');
    assert.deepEqual(statuses, { 200: max, 429: calls - max });
  });

  test('while Redis stands still nobody waits for it, and nobody fails by it', async () => {
    servers.redis.pause();
    assert.deepEqual((await ask('/deny-all/people/1')).statuses, { 503: calls });
    servers.redis.resume();
  });
});

async function startServers(t: TestContext): Promise<Servers> {
  const hold = { until: Promise.resolve() };
  const [redis, upstream, scores] = await Promise.all([
    startRedis(),
    startFakeUpstream(async (call) => hold.until.then(() => peopleAnswer(call))),
    startScores(),
  ]);
  t.after(async () => Promise.all([redis.close(), upstream.close(), scores.close()]));
  const routes = Object.entries(limits).map(([name, limit]) => ({
    ...{ path: `/${name}`, upstream: 'people', stripPrefix: `/${name}` },
    limits: [{ name, per: 'global', ...limit }],
  }));
  const rates = [
    { name: 'operation', per: 'global', operations: ['Limited'], max, window },
    { name: 'points', per: 'global', counts: 'cost', max: 2 * max, window },
  ];
  const gateway = {
    ...{ redis: { url: redis.url }, routes, log: { level: 'silent' } },
    limits: { timeout: '1s', instances: processes, rates },
  };
  const dir = await makeFolder(t, {
    ...guardedFiles({ people: upstream.url, scores: scores.url }),
    'gateway.yaml': stringify(gateway),
  });
  const urls = await Promise.all(
    Array.from({ length: processes }, async () => {
      const process = runWeft(t, ['start', '--dir', dir, '--port', '0']);
      const [, url = ''] = await process.printed(/GraphQL\s+(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
      return url;
    }),
  );
  return { urls, upstream, redis, hold };
}
