import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Shot } from './load.ts';
import type { Options } from './options.ts';
import { makeComparisons, writeSetup, type Comparison, type Files, type Setup } from './policy-setups.ts';
import { operation, person, startPolicyUpstream } from './policy-upstream.ts';
import { startRedis } from './redis-server.ts';
import { markdownTable } from './report.ts';
import { measurePair, startGateway, type Amount, type Pair, type Server, type Side } from './turns.ts';

const amounts = {
  full: { warmUp: 5000, slice: 400 },
  quick: { warmUp: 4000, slice: 200 },
};

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

interface Measured {
  readonly title: string;
  /** Without the policy, and with it. */
  readonly pairs: Readonly<Record<AskName, Pair>>;
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
async function measure(comparison: Comparison, setting: Setting, amount: Amount): Promise<Measured> {
  const { title, headers, masks = false } = comparison;
  const [policy, without] = await Promise.all([start(comparison.with, setting), start(comparison.without, setting)]);
  const measureBoth = async (ask: AskName): Promise<Pair> => {
    const bare = await sideOf(without, { ask, headers, masks: false });
    return measurePair([bare, await sideOf(policy, { ask, headers, masks })], amount);
  };
  try {
    return { title, pairs: { graphql: await measureBoth('graphql'), rest: await measureBoth('rest') } };
  } catch (cause) {
    throw new Error(`${title}: ${(cause as Error).message}`, { cause });
  } finally {
    for (const gateway of [policy, without]) await gateway.stop();
  }
}

async function start(setup: Setup, { files, dir, origin }: Setting): Promise<Server> {
  const folder = await mkdtemp(join(dir, 'gateway-'));
  await writeSetup(folder, setup, { files, origin });
  return startGateway(folder);
}

interface SideParts extends Pick<Comparison, 'headers'> {
  readonly ask: AskName;
  readonly masks: boolean;
}

/** @throws {Error} where the gateway does not answer right. */
async function sideOf(server: Server, { ask, headers, masks }: SideParts): Promise<Side> {
  const { path, body, answer } = asks[ask];
  const url = `${server.running.url}${path}`;
  const shots: Shot[] = [];
  for (const own of headers) {
    const init = body === '' ? { headers: own } : { method: 'POST', body, headers: { ...jsonBody, ...own } };
    const text = await (await fetch(url, init)).text();
    if (!text.startsWith(masks && ask === 'graphql' ? '{"errors":[{' : answer)) {
      throw new Error(`expected ${answer}, but got: ${text}\n${server.running.printed()}`);
    }
    shots.push({ body, headers: own, answerBytes: Buffer.byteLength(text) });
  }
  return { server, path, shots };
}

function tableOf(measured: readonly Measured[]): string {
  const rows = measured.map(({ title, pairs }) => [title, ...askNames.flatMap((ask) => cellsOf(pairs[ask]))]);
  const heads = askNames.flatMap((ask) => [`${asks[ask].title}: us without`, 'with', 'x']);
  return markdownTable(['policy', ...heads], rows);
}

function cellsOf([without, withPolicy]: Pair): readonly string[] {
  const more = withPolicy - without;
  return [without.toFixed(1), `${more < 0 ? '' : '+'}${more.toFixed(1)}`, (withPolicy / without).toFixed(2)];
}
