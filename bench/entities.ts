import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeGatewayFolder } from './gateway-folders.ts';
import { load } from './load.ts';
import { threadsCpuUs } from './process-use.ts';
import { startRedis } from './redis-server.ts';
import { markdownTable } from './report.ts';
import { freePort, post, startCommand } from './running.ts';
import { exchangesOf, loadScenarios } from './scenarios.ts';
import { setStage, type Stage } from './stage.ts';
import type { Exchange } from './types.ts';

/**
 * What it costs to keep the entities of upstream fetches, and what it saves: `node bench/entities.ts`. *Kept* has all
 * entities in reach after the first request; *never found* has them expire at once, so that keeping them is for nothing.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const types = ['Account', 'Product', 'Review'];
const requestsOf: Readonly<Record<string, number>> = { hop2: 8000, distinct: 8000, heavy: 1500 };

interface Way {
  readonly title: string;
  readonly maxAge: '60s' | '1ms' | undefined;
  /** Redis is one of its own, in which nothing is yet. */
  readonly stores: 'memory' | 'both' | 'redis';
}

const ways: readonly Way[] = [
  { title: 'not kept', maxAge: undefined, stores: 'memory' },
  { title: 'kept in memory', maxAge: '60s', stores: 'memory' },
  { title: 'never found, memory', maxAge: '1ms', stores: 'memory' },
  { title: 'kept in memory and Redis', maxAge: '60s', stores: 'both' },
  { title: 'kept in Redis alone', maxAge: '60s', stores: 'redis' },
  { title: 'never found, memory and Redis', maxAge: '1ms', stores: 'both' },
];

/** What is appended to `gateway.yaml`. */
function yamlOf({ maxAge, stores }: Way, redisUrl: string | undefined): string {
  if (maxAge === undefined) return '';
  const entities = Object.fromEntries(types.map((type) => [type, { maxAge }]));
  const cache = { entities, timeout: '1s', ...(stores === 'redis' && { maxSize: '1KiB' }) };
  const redis = redisUrl === undefined ? '' : `redis: ${JSON.stringify({ url: redisUrl })}\n`;
  return `${redis}cache: ${JSON.stringify(cache)}\n`;
}

interface Measured {
  readonly cpuUs: number;
  readonly calls: number;
  readonly p50Ms: number;
}

interface Asked {
  readonly stage: Stage;
  readonly exchanges: readonly Exchange[];
  readonly requests: number;
}

/** Undefined on a machine without the Redis that it needs. */
async function measure(way: Way, asked: Asked): Promise<Measured | undefined> {
  if (way.stores === 'memory') return measureWith(yamlOf(way, undefined), asked);
  const redis = await startRedis();
  try {
    return redis && (await measureWith(yamlOf(way, redis.url), asked));
  } finally {
    await redis?.stop();
  }
}

async function measureWith(yaml: string, { stage, exchanges, requests }: Asked): Promise<Measured> {
  const dir = await stage.makeFolder();
  await writeGatewayFolder.shop(dir, { engine: 'compiled', sharing: false, urls: stage.urls.shop });
  await appendFile(join(dir, 'gateway.yaml'), yaml);
  const port = await freePort();
  const args = [join(root, 'src/main.ts'), 'start', '--dir', dir, '--port', `${port}`];
  const isUp = async (url: string): Promise<boolean> =>
    post(url, '{"query":"{__typename}"}').then(
      ({ ok }) => ok,
      () => false,
    );
  const running = await startCommand({ args, cwd: root, path: '/graphql' }, { port, isUp });
  try {
    const shots = [];
    for (const { body, expected } of exchanges) {
      // The second answer may be made of what is kept: it must be right, too.
      for (let time = 0; time < 2; time++) {
        const text = await (await post(running.url, body)).text();
        assert.deepEqual(JSON.parse(text), expected);
        if (time === 1) shots.push({ body, answerBytes: Buffer.byteLength(text) });
      }
    }
    await load({ url: running.url, shots }, { connections: 20, requests });
    const callsBefore = (await stage.ask({ ask: 'count' })).count;
    const usedBefore = await threadsCpuUs(running.pid);
    await load({ url: running.url, shots }, { connections: 20, requests });
    const cpuUs = ((await threadsCpuUs(running.pid)) - usedBefore) / requests;
    const calls = ((await stage.ask({ ask: 'count' })).count - callsBefore) / requests;
    const { latenciesMs } = await load({ url: running.url, shots }, { connections: 1, requests: requests / 8 });
    return { cpuUs, calls, p50Ms: latenciesMs[latenciesMs.length >> 1] ?? 0 };
  } finally {
    await running.stop();
  }
}

const stage = await setStage();
try {
  const scenarios = await loadScenarios();
  const rows: string[][] = [];
  for (const [name, requests] of Object.entries(requestsOf)) {
    const scenario = scenarios.find((each) => each.name === name);
    if (!scenario) throw new Error(`expected a scenario "${name}", but there is none`);
    const exchanges = await exchangesOf(scenario);
    for (const way of ways) {
      const measured = await measure(way, { stage, exchanges, requests });
      if (!measured) continue;
      const { cpuUs, calls, p50Ms } = measured;
      rows.push([name, way.title, cpuUs.toFixed(0), calls.toFixed(2), p50Ms.toFixed(2)]);
    }
  }
  console.log(markdownTable(['scenario', 'entities', 'CPU us/request', 'calls', 'p50 ms alone'], rows));
} finally {
  await stage.close();
}
