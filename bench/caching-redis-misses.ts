import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { askOnce } from './caching-pairs.ts';
import { writeGatewayFolder } from './gateway-folders.ts';
import type { Shot } from './load.ts';
import type { Options } from './options.ts';
import { startRedis } from './redis-server.ts';
import { markdownTable } from './report.ts';
import { exchangesOf } from './scenarios.ts';
import { setStage, type Stage } from './stage.ts';
import { measureSlice, startGateway, takeTurns, type Amount, type Server, type Slice } from './turns.ts';
import type { GraphqlRequest } from './types.ts';

/**
 * What a miss costs where Redis is asked: `hop2` with variables that no request before had, so that each looks in memory and
 * in Redis, runs, and is stored in both.
 */

const amounts = {
  full: { warmUp: 5000, slice: 600 },
  quick: { warmUp: 4000, slice: 300 },
};

const title = 'hop2, never asked before';
/** Of the shop's 240 products there are ten from this one on, however many are asked for. */
const offset = 230;
const query = `query Page($first: Int!, $offset: Int) {
  products(first: $first, offset: $offset) { sku title cents reviews { id text } }
}`;

const hints = Object.fromEntries(['Query.products', 'Product', 'Review'].map((at) => [at, { maxAge: '1h' }]));
/** Memory has room for some: what is stored makes room first, as it would in the end. */
const cache = { show: true, timeout: '1s', maxSize: '256KiB', graphql: { fields: hints } };

/** Prints it; nothing on a machine without `redis-server`. Resolves with true. */
export async function measureRedisMisses({ quick, rounds }: Options): Promise<boolean> {
  const redis = await startRedis();
  if (!redis) return true;
  const client = new Redis(redis.url);
  const stage = await setStage();
  const servers: Server[] = [];
  try {
    for (const yaml of ['', yamlOf(redis.url)]) servers.push(await startShop(stage, yaml));
    const amount = { ...amounts[quick ? 'quick' : 'full'], rounds };
    const cells = await measure(servers as [Server, Server], client, amount);
    console.log(`\n### Misses in Redis\n\n${markdownTable(['scenario', 'us without', 'with', 'x'], [cells])}`);
    return true;
  } finally {
    for (const server of servers) await server.stop();
    client.disconnect();
    await stage.close();
    await redis.stop();
  }
}

/** JSON is YAML. */
function yamlOf(redisUrl: string): string {
  return `redis: ${JSON.stringify({ url: redisUrl })}\ncache: ${JSON.stringify(cache)}\n`;
}

async function startShop(stage: Stage, yaml: string): Promise<Server> {
  const folder = await stage.makeFolder();
  await writeGatewayFolder.shop(folder, { engine: 'compiled', sharing: false, urls: stage.urls.shop });
  await appendFile(join(folder, 'gateway.yaml'), yaml);
  return startGateway(folder);
}

/** @throws {Error} where what came of requests is not in Redis, each for itself. */
async function measure(
  [without, cached]: readonly [Server, Server],
  client: Redis,
  amount: Amount,
): Promise<readonly string[]> {
  // Apart from each other, so that the upstream has seen neither's calls.
  const slices = [
    await missesOf(without, { from: 100_000, outcome: undefined }),
    await missesOf(cached, { from: 200_000, outcome: 'miss' }),
  ] as const;
  const [base, withCache] = await takeTurns(slices, amount);
  const sent = amount.warmUp + amount.slice * amount.rounds;
  const kept = await client.dbsize();
  if (kept < sent * 0.9) throw new Error(`expected ${sent} answers in Redis, but it has ${kept} keys`);
  const more = withCache - base;
  return [title, base.toFixed(1), `${more < 0 ? '' : '+'}${more.toFixed(1)}`, (withCache / base).toFixed(3)];
}

interface MissesOptions {
  /** The first `first`. */
  readonly from: number;
  /** What must come of the cache. */
  readonly outcome: string | undefined;
}

/**
 * Each slice goes on where the last one ended.
 *
 * @throws {Error} where an answer is wrong, or what came of the cache is.
 */
async function missesOf(server: Server, { from, outcome: expected }: MissesOptions): Promise<Slice> {
  let first = from;
  const request = (): GraphqlRequest => ({ query, variables: { first: first++, offset } });
  let answerBytes = 0;
  const requests = [request(), request()];
  for (const { body, expected: data } of await exchangesOf({
    name: title,
    set: 'shop',
    requests,
  })) {
    const { bytes, outcome } = await askOnce(server, '/graphql', { body, answerBytes });
    if (bytes.toString() !== JSON.stringify(data)) throw new Error(`wrong data for ${body}: ${bytes.toString()}`);
    if (outcome !== expected) throw new Error(`expected x-cache: ${expected} for ${body}, but got: ${outcome}`);
    answerBytes = bytes.length;
  }
  return async (count) => {
    const shots = Array.from({ length: count }, (): Shot => ({ body: JSON.stringify(request()), answerBytes }));
    return measureSlice({ server, path: '/graphql', shots }, count);
  };
}
