import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import type { FloorAnswer } from './caching-floor.ts';
import { askOnce, measurePair, startServer, type Amount, type Pair, type Server, type Side } from './caching-pairs.ts';
import { hints, operationOf, sizes, startCachingUpstream, type Size } from './caching-upstream.ts';
import { writeGatewayFolder } from './gateway-folders.ts';
import type { Shot } from './load.ts';
import type { Options } from './options.ts';
import { startRedis } from './redis-server.ts';
import { markdownTable } from './report.ts';
import { exchangesOf } from './scenarios.ts';
import { setStage } from './stage.ts';
import type { GraphqlRequest, Scenario } from './types.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const amounts = {
  full: { warmUp: 5000, slice: 600 },
  quick: { warmUp: 4000, slice: 300 },
};

/** As many requests in turn as cannot all be in memory where Redis is to be asked, or where each is to be a miss. */
const variants = 300;

/** Room in memory for a part of them. */
const smallMemory: Readonly<Record<Size, string>> = { small: '16KiB', medium: '256KiB', large: '4MiB' };

/** Prints what hits and misses of the GraphQL cache cost. Resolves with true. */
export async function measureCaching({ quick, rounds }: Options): Promise<boolean> {
  const dir = await mkdtemp(join(tmpdir(), 'weft-bench-'));
  const amount = { ...amounts[quick ? 'quick' : 'full'], rounds };
  try {
    const hits = await measureHits(dir, amount);
    console.log(`\n### Hits\n\n${markdownTable(['answer', 'in', 'floor us', 'hit us', 'x'], hits)}`);
    const misses = await measureMisses(dir, amount);
    console.log(`\n### Misses\n\n${markdownTable(['scenario', 'us without', 'with', 'x'], [misses])}`);
    return true;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** One kind of answer. */
interface Kind {
  readonly size: Size;
  readonly coding: 'identity' | 'gzip' | 'br';
  /** Default POST. */
  readonly method?: 'GET';
}

const kinds: readonly Kind[] = [
  { size: 'small', coding: 'identity' },
  { size: 'medium', coding: 'identity' },
  { size: 'medium', coding: 'gzip' },
  { size: 'medium', coding: 'br' },
  { size: 'medium', coding: 'identity', method: 'GET' },
  { size: 'medium', coding: 'br', method: 'GET' },
  { size: 'large', coding: 'identity' },
  { size: 'large', coding: 'gzip' },
  { size: 'large', coding: 'br' },
];

type Cells = readonly string[];

async function measureHits(dir: string, amount: Amount): Promise<readonly Cells[]> {
  const [upstream, redis] = await Promise.all([startCachingUpstream(), startRedis()]);
  const client = redis && new Redis(redis.url);
  const makeFolder = (cache: object): Promise<string> =>
    writeItemsFolder(dir, { cache, redisUrl: redis?.url, origin: upstream.origin });
  try {
    const rows = [...(await measureMemory(dir, await makeFolder({ store: 'memory' }), amount))];
    if (!client) return rows;
    for (const size of Object.keys(sizes) as Size[]) {
      const folder = await makeFolder({ store: 'redis', timeout: '1s', maxSize: smallMemory[size] });
      rows.push(await measureRedis({ dir, folder, size, client }, amount));
    }
    return rows;
  } finally {
    client?.disconnect();
    await redis?.stop();
    upstream.close();
  }
}

async function measureMemory(dir: string, folder: string, amount: Amount): Promise<readonly Cells[]> {
  const gateway = await startGateway(folder);
  try {
    const sides = [];
    for (const kind of kinds) sides.push(await hitSide(gateway, kind));
    return await besideFloor(dir, sides, amount, 'memory');
  } finally {
    await gateway.stop();
  }
}

interface RedisPlace {
  readonly dir: string;
  readonly folder: string;
  readonly size: Size;
  readonly client: Redis;
}

/** @throws {Error} where the answers came from anywhere but Redis. */
async function measureRedis({ dir, folder, size, client }: RedisPlace, amount: Amount): Promise<Cells> {
  const gateway = await startGateway(folder);
  try {
    const side = await hitSide(gateway, { size, coding: 'identity' }, variants);
    const before = await foundInRedis(client);
    const [row] = await besideFloor(dir, [side], amount, 'Redis');
    const found = (await foundInRedis(client)) - before;
    const sent = amount.warmUp + amount.slice * amount.rounds;
    if (found < sent * 0.9) throw new Error(`expected ${sent} look-ups to find something in Redis, but ${found} did`);
    return row ?? [];
  } finally {
    await gateway.stop();
  }
}

async function foundInRedis(client: Redis): Promise<number> {
  return Number(/^keyspace_hits:(\d+)/m.exec(await client.info('stats'))?.[1] ?? 0);
}

interface HitSide extends Side {
  readonly kind: Kind;
  readonly answer: FloorAnswer;
}

/** @throws {Error} where a request that was answered before is no hit. */
async function hitSide(server: Server, kind: Kind, count = 1): Promise<HitSide> {
  const { size, coding, method } = kind;
  const headers = { 'accept-encoding': coding };
  const operations = Array.from({ length: count }, (_, page) => operationOf(size, page));
  const bodies = method === 'GET' ? [''] : operations.map((operation) => JSON.stringify(operation));
  const path = method === 'GET' ? `/graphql?${queryStringOf(operations[0])}` : '/graphql';
  for (const body of bodies) await askOnce(server, path, { body, headers, answerBytes: 0 });
  const shots: Shot[] = [];
  let bytes: Buffer = Buffer.alloc(0);
  for (const body of bodies) {
    const answer = await askOnce(server, path, { body, headers, answerBytes: 0 });
    if (answer.outcome !== 'hit') throw new Error(`expected x-cache: hit for ${body}, but got: ${answer.outcome}`);
    ({ bytes } = answer);
    shots.push({ body, headers, answerBytes: bytes.length });
  }
  return { server, path, shots, kind, answer: { base64: bytes.toString('base64'), coding } };
}

/** Of a GET that asks the same. */
function queryStringOf(operation: GraphqlRequest | undefined): string {
  const { query = '', variables = {} } = operation ?? {};
  return new URLSearchParams({ query, variables: JSON.stringify(variables) }).toString();
}

/** Each side beside a bare server that answers the same bytes. */
async function besideFloor(
  dir: string,
  sides: readonly HitSide[],
  amount: Amount,
  place: string,
): Promise<readonly Cells[]> {
  const file = join(await mkdtemp(join(dir, 'floor-')), 'answers.json');
  await writeFile(file, JSON.stringify(Object.fromEntries(sides.map(({ answer }, index) => [`/${index}`, answer]))));
  const floor = await startServer(
    (port) => ({
      args: [join(root, 'bench/caching-floor.ts')],
      cwd: root,
      env: { PORT: `${port}`, FLOOR_ANSWERS: file },
      path: '',
    }),
    (url) => answers(url),
  );
  try {
    const rows: Cells[] = [];
    for (const [index, side] of sides.entries()) {
      const { size, coding, method } = side.kind;
      const bare: Side = { server: floor, path: `/${index}`, shots: side.shots };
      const title = `${sizes[size].title}${coding === 'identity' ? '' : `, ${coding}`}${method ? `, ${method}` : ''}`;
      rows.push([title, place, ...cellsOf(await measurePair([bare, side], amount))]);
    }
    return rows;
  } finally {
    await floor.stop();
  }
}

/** Of hop2, where the cache has room for a part of the requests only, so that each is looked for, run and stored. */
async function measureMisses(dir: string, amount: Amount): Promise<Cells> {
  const stage = await setStage();
  const servers: Server[] = [];
  try {
    const start = async (cache: object | undefined): Promise<Server> => {
      const folder = await mkdtemp(join(dir, 'shop-'));
      await writeGatewayFolder.shop(folder, { engine: 'compiled', sharing: false, urls: stage.urls.shop });
      if (cache) await appendFile(join(folder, 'gateway.yaml'), `cache: ${JSON.stringify(cache)}\n`);
      const server = await startGateway(folder);
      servers.push(server);
      return server;
    };
    const fields = Object.fromEntries(['Query.products', 'Product', 'Review'].map((at) => [at, { maxAge: '1h' }]));
    const [without, cached] = [
      await start(undefined),
      await start({ maxSize: '256KiB', show: true, graphql: { fields } }),
    ];
    const sides = [await missSide(without), await missSide(cached, 'miss')] as const;
    const [base, withCache] = await measurePair(sides, amount);
    const more = withCache - base;
    const percent = `${more < 0 ? '' : '+'}${more.toFixed(1)}`;
    return ['hop2, each a miss', base.toFixed(1), percent, (withCache / base).toFixed(3)];
  } finally {
    for (const server of servers) await server.stop();
    await stage.close();
  }
}

/** @throws {Error} where an answer is wrong, or what came of the cache is. */
async function missSide(server: Server, expected?: string): Promise<Side> {
  const { query } = hop2;
  const requests = Array.from({ length: variants }, (_, index) => ({
    query,
    variables: { first: 9 + (index % 2), offset: index >> 1 },
  }));
  const scenario: Scenario = { name: 'hop2, each a miss', set: 'shop', requests };
  const shots: Shot[] = [];
  // Twice: the second time it would be found, were there room.
  for (let time = 0; time < 2; time += 1) {
    shots.length = 0;
    for (const { body, expected: data } of await exchangesOf(scenario)) {
      const { bytes, outcome } = await askOnce(server, '/graphql', { body, answerBytes: 0 });
      if (bytes.toString() !== JSON.stringify(data)) throw new Error(`wrong data for ${body}: ${bytes.toString()}`);
      if (outcome !== expected) throw new Error(`expected x-cache: ${expected} for ${body}, but got: ${outcome}`);
      shots.push({ body, answerBytes: bytes.length });
    }
  }
  return { server, path: '/graphql', shots };
}

/** With variables: one program for all. */
const hop2 = {
  query: `query Page($first: Int!, $offset: Int) {
    products(first: $first, offset: $offset) { sku title cents reviews { id text } }
  }`,
};

interface ItemsFolder {
  readonly cache: object;
  readonly redisUrl: string | undefined;
  readonly origin: string;
}

async function writeItemsFolder(dir: string, { cache, redisUrl, origin }: ItemsFolder): Promise<string> {
  const folder = await mkdtemp(join(dir, 'gateway-'));
  const gateway = {
    ...(redisUrl !== undefined && { redis: { url: redisUrl } }),
    cache: { ...cache, show: true, graphql: { fields: hints } },
  };
  const upstream = { kind: 'federation', targets: [origin], poll: 'off', shareInflight: false };
  await mkdir(join(folder, 'upstreams'));
  // JSON is YAML.
  await writeFile(join(folder, 'gateway.yaml'), JSON.stringify(gateway));
  await writeFile(join(folder, 'upstreams/items.yaml'), JSON.stringify(upstream));
  return folder;
}

function startGateway(folder: string): Promise<Server> {
  return startServer(
    (port) => ({
      args: [join(root, 'src/main.ts'), 'start', '--dir', folder, '--port', `${port}`],
      cwd: root,
      path: '',
    }),
    (url) => answers(`${url}/health/ready`),
  );
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function cellsOf([floor, hit]: Pair): Cells {
  return [floor.toFixed(1), hit.toFixed(1), (hit / floor).toFixed(2)];
}
