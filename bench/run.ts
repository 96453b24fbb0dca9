import { fork, spawn, type ChildProcess } from 'node:child_process';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createMonolith } from '../test/support/monolith.ts';
import { cpuMs, load, peakMemoryMiB, type Target } from './load.ts';
import type { RecordedCall, Sample, Scenario } from './types.ts';

/**
 * `npm run bench`: processor time per request of the gateway, beside a floor that makes the same upstream calls, for each
 * scenario over the demo upstreams. Entrants take turns in every round; each must give the right answer before it is
 * timed. Linux with `taskset`: the gateway runs on processor 0, load and upstreams on the others.
 *
 *   npm run bench -- [--rounds 3] [--seconds 4] [--connections 32]
 */
const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? fallback : Number(process.argv[at + 1]);
};
const rounds = option('rounds', 3);
const durationMs = option('seconds', 4) * 1000;
const connections = option('connections', 32);

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
const scenarios: Scenario[] = [
  { name: 'dashboard', query: await read('../schema/operations/dashboard.graphql') },
  { name: 'tiny', query: await read('scenarios/tiny.graphql') },
];

interface Entrant {
  readonly name: string;
  readonly process: ChildProcess;
  readonly url: string;
  readonly prepare: (calls: readonly RecordedCall[], answer: string) => Promise<void>;
}

function forkFile(file: string, { pinned }: { readonly pinned: boolean }): ChildProcess {
  const path = new URL(file, import.meta.url).pathname;
  const [command, args] = pinned ? ['taskset', ['-c', '0', process.execPath, path]] : [process.execPath, [path]];
  return spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function message<T>(child: ChildProcess): Promise<T> {
  const [value] = (await once(child, 'message')) as [T];
  return value;
}

async function ask<T>(child: ChildProcess, question: object): Promise<T> {
  const answer = message<T>(child);
  child.send(question);
  return answer;
}

async function startFloor(): Promise<Entrant> {
  const child = forkFile('floor.ts', { pinned: true });
  const { url } = await message<{ url: string }>(child);
  const prepare = async (calls: readonly RecordedCall[], answer: string) => {
    await ask(child, { calls, answer });
  };
  return { name: 'floor', process: child, url, prepare };
}

async function startGateway(urls: Readonly<Record<string, string>>): Promise<Entrant> {
  const env = Object.fromEntries(Object.entries(urls).map(([name, url]) => [`${name.toUpperCase()}_URL`, url]));
  const main = new URL('../src/main.ts', import.meta.url).pathname;
  const dir = new URL('..', import.meta.url).pathname;
  const child = spawn('taskset', ['-c', '0', process.execPath, main, 'start', '--dir', dir, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const url = await new Promise<string>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const found = /http:\/\/\S+\/graphql/.exec(printed)?.[0];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`the gateway ended before it was ready:\n${printed}`)));
  });
  return { name: 'weft (stitched)', process: child, url, prepare: async () => {} };
}

async function post({ url, body }: Target): Promise<string> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body });
  return response.text();
}

async function sample(entrant: Entrant, target: Target): Promise<Sample> {
  const pid = entrant.process.pid ?? 0;
  await load(target, connections, durationMs / 2);
  const before = await cpuMs(pid);
  const { requests, elapsedMs, latenciesMs } = await load(target, connections, durationMs);
  const usedMs = (await cpuMs(pid)) - before;
  const percentile = (share: number) => latenciesMs[Math.floor((latenciesMs.length - 1) * share)] ?? 0;
  return {
    cpuMsPerRequest: usedMs / requests,
    requestsPerSecond: (requests * 1000) / elapsedMs,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    peakMemoryMiB: await peakMemoryMiB(pid),
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const upstreams = fork(new URL('upstreams.ts', import.meta.url));
const { urls } = await message<{ urls: Record<string, string> }>(upstreams);
const gateway = await startGateway(urls);
const floor = await startFloor();
const entrants = [gateway, floor];
const monolith = createMonolith();

console.log(`Node ${process.version}, ${rounds} rounds of ${durationMs / 1000} s, ${connections} connections`);
console.log(
  '| scenario | entrant | upstream calls | CPU ms/request | x floor | requests/s | p50 ms | p99 ms | peak MiB |',
);
console.log('|---|---|--:|--:|--:|--:|--:|--:|--:|');
try {
  for (const { name, query } of scenarios) {
    const body = JSON.stringify({ query });
    await post({ url: gateway.url, body });
    await ask(upstreams, {});
    const answer = await post({ url: gateway.url, body });
    const { calls } = await ask<{ calls: RecordedCall[] }>(upstreams, {});
    const expected = (await monolith.execute(query)) as { data: unknown };
    const samples = new Map<Entrant, Sample[]>(entrants.map((entrant) => [entrant, []]));
    for (const entrant of entrants) {
      await entrant.prepare(calls, answer);
      assert.deepEqual(
        JSON.parse(await post({ url: entrant.url, body })),
        JSON.parse(JSON.stringify(expected)),
        entrant.name,
      );
    }
    for (let round = 0; round < rounds; round++) {
      for (const entrant of entrants) samples.get(entrant)?.push(await sample(entrant, { url: entrant.url, body }));
    }
    const floorCpu = median((samples.get(floor) ?? []).map((one) => one.cpuMsPerRequest));
    for (const [entrant, all] of samples) {
      const of = (key: keyof Sample) => median(all.map((one) => one[key]));
      const cells = [
        name,
        entrant.name,
        calls.length,
        of('cpuMsPerRequest').toFixed(3),
        (of('cpuMsPerRequest') / floorCpu).toFixed(1),
        of('requestsPerSecond').toFixed(0),
        of('p50Ms').toFixed(1),
        of('p99Ms').toFixed(1),
        of('peakMemoryMiB').toFixed(0),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
} finally {
  for (const child of [gateway.process, floor.process, upstreams]) child.kill('SIGTERM');
}
