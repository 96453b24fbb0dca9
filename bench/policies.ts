import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { load, type Shot } from './load.ts';
import type { Options } from './options.ts';
import { makeComparisons, writeSetup, type Comparison, type Files, type Setup } from './policy-setups.ts';
import { operation, person, startPolicyUpstream } from './policy-upstream.ts';
import { threadsCpuUs } from './process-use.ts';
import { startRedis } from './redis-server.ts';
import { markdownTable } from './report.ts';
import { freePort, gatewayProcessor, loadProcessor, startCommand, type Running } from './running.ts';
import { percentile } from './statistics.ts';

/** Under way at a time, to one gateway. */
const connections = 20;

/** Requests, not seconds: a machine that is busy beside takes longer, and measures as much. */
const amounts = {
  full: { warmUp: 5000, slice: 400 },
  quick: { warmUp: 4000, slice: 200 },
};
type Amount = (typeof amounts)['full'];

/** V8 takes 20,000 requests to be done with its work; sooner asked for it is done after 5,000, and as good. */
const nodeArgs = ['--invocation-count-for-turbofan=1000'];

const root = fileURLToPath(new URL('..', import.meta.url));

/** A gateway, up. */
interface Gateway {
  readonly running: Running;
  /** Of its origin. */
  readonly pool: Pool;
}

/** The requests that are measured. */
const asks = {
  graphql: {
    title: 'GraphQL',
    path: '/graphql',
    body: JSON.stringify(operation),
    answer: JSON.stringify({ data: { me: person } }),
  },
  rest: { title: 'REST', path: '/api/me', body: '', answer: JSON.stringify(person) },
} as const;
const jsonBody = { 'content-type': 'application/json', accept: 'application/json' };

type AskName = keyof typeof asks;
const askNames: readonly AskName[] = ['graphql', 'rest'];

/** One gateway with the requests that it gets. */
interface Side {
  readonly gateway: Gateway;
  readonly url: string;
  readonly shots: readonly Shot[];
}

/** Microseconds of CPU time a request, measured one right after the other. */
type Pair = Readonly<Record<'with' | 'without', number>>;

type Sides = Readonly<Record<'with' | 'without', Side>>;

interface Measured {
  readonly title: string;
  readonly pairs: Readonly<Record<AskName, readonly Pair[]>>;
}

/** What gateways are started with. */
interface Setting {
  readonly files: Files;
  /** Where gateway folders are made. */
  readonly dir: string;
  /** Of the upstream. */
  readonly origin: string;
}

/** Prints what each policy costs a request. Resolves with true. */
export async function measurePolicies({ quick, rounds }: Options): Promise<boolean> {
  const dir = await mkdtemp(join(tmpdir(), 'weft-bench-'));
  const [upstream, redis] = await Promise.all([startPolicyUpstream(), startRedis()]);
  try {
    const { comparisons, files } = await makeComparisons(`${upstream.origin}/introspect`, redis?.url);
    const setting = { files, dir, origin: upstream.origin };
    const amount = { ...amounts[quick ? 'quick' : 'full'], rounds };
    const measured: Measured[] = [];
    for (const comparison of comparisons) {
      if (!quick || comparison.isCommon) measured.push(await measure(comparison, setting, amount));
    }
    console.log(`\n### Policies\n\n${tableOf(measured)}`);
    return true;
  } finally {
    upstream.close();
    await redis?.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Starts both gateways anew: one that had more requests before is warmer, and would look cheaper. */
async function measure(
  comparison: Comparison,
  setting: Setting,
  { warmUp, slice, rounds }: Amount & Pick<Options, 'rounds'>,
): Promise<Measured> {
  const { title, headers, masks = false } = comparison;
  const [policy, without] = await Promise.all([start(comparison.with, setting), start(comparison.without, setting)]);
  const pairs: Record<AskName, Pair[]> = { graphql: [], rest: [] };
  try {
    for (const ask of askNames) {
      const sides: Sides = {
        with: await sideOf(policy, { ask, headers, masks }),
        without: await sideOf(without, { ask, headers, masks: false }),
      };
      for (const side of [sides.with, sides.without]) await measureSlice(side, warmUp);
      for (let round = 0; round < rounds; round++) pairs[ask].push(await measurePair(sides, round, slice));
    }
  } catch (cause) {
    throw new Error(`${title}: ${(cause as Error).message}`, { cause });
  } finally {
    for (const { pool, running } of [policy, without]) {
      await pool.destroy();
      await running.stop();
    }
  }
  return { title, pairs };
}

/**
 * Starts a gateway on any processor, and then moves it to the load's: where both take turns, requests come in the same
 * batches to each side, and what a request costs does not depend on how busy the other processor is.
 */
async function start(setup: Setup, { files, dir, origin }: Setting): Promise<Gateway> {
  const folder = await mkdtemp(join(dir, 'gateway-'));
  await writeSetup(folder, setup, { files, origin });
  const port = await freePort();
  const args = [join(root, 'src/main.ts'), 'start', '--dir', folder, '--port', `${port}`];
  const running = await startCommand(
    { args, cwd: root, path: '' },
    { port, nodeArgs, isUp, processor: `${gatewayProcessor},${loadProcessor}` },
  );
  execFileSync('taskset', ['-apc', loadProcessor, `${running.pid}`], { stdio: 'ignore' });
  return { running, pool: new Pool(running.url, { connections, pipelining: 1 }) };
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`)).ok;
  } catch {
    return false;
  }
}

interface SideParts extends Pick<Comparison, 'headers'> {
  readonly ask: AskName;
  readonly masks: boolean;
}

/** @throws {Error} where the gateway does not answer right. */
async function sideOf(gateway: Gateway, { ask, headers, masks }: SideParts): Promise<Side> {
  const { path, body, answer } = asks[ask];
  const url = `${gateway.running.url}${path}`;
  const shots: Shot[] = [];
  for (const own of headers) {
    const init = body === '' ? { headers: own } : { method: 'POST', body, headers: { ...jsonBody, ...own } };
    const text = await (await fetch(url, init)).text();
    if (!text.startsWith(masks && ask === 'graphql' ? '{"errors":[{' : answer)) {
      throw new Error(`expected ${answer}, but got: ${text}\n${gateway.running.printed()}`);
    }
    shots.push({ body, headers: own, answerBytes: Buffer.byteLength(text) });
  }
  return { gateway, url, shots };
}

/** The two sides in turn, another one first in each round: what the machine does beside falls on both. */
async function measurePair(sides: Sides, round: number, requests: number): Promise<Pair> {
  const order = round % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const);
  const us = { with: 0, without: 0 };
  for (const which of order) us[which] = await measureSlice(sides[which], requests);
  return us;
}

/** Microseconds of CPU time a request. */
async function measureSlice({ gateway, url, shots }: Side, requests: number): Promise<number> {
  const { pid } = gateway.running;
  const before = await threadsCpuUs(pid);
  await load({ url, shots, pool: gateway.pool }, { connections, requests });
  return ((await threadsCpuUs(pid)) - before) / requests;
}

function tableOf(measured: readonly Measured[]): string {
  const rows = measured.map(({ title, pairs }) => [title, ...askNames.flatMap((ask) => cellsOf(pairs[ask]))]);
  const heads = askNames.flatMap((ask) => [`${asks[ask].title}: us without`, 'with', 'x']);
  return markdownTable(['policy', ...heads], rows);
}

/** Of each side the lower quartile: what else runs on the machine only ever adds. */
function cellsOf(pairs: readonly Pair[]): readonly string[] {
  const usOf = (which: keyof Pair): number => percentile(pairs.map((pair) => pair[which]).toSorted(byValue), 0.25);
  const [withUs, withoutUs] = [usOf('with'), usOf('without')];
  const more = withUs - withoutUs;
  return [withoutUs.toFixed(1), `${more < 0 ? '' : '+'}${more.toFixed(1)}`, (withUs / withoutUs).toFixed(2)];
}

function byValue(a: number, b: number): number {
  return a - b;
}
