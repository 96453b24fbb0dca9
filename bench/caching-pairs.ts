import { execFileSync } from 'node:child_process';
import { Pool } from 'undici';
import { load, type Shot } from './load.ts';
import { threadsCpuUs } from './process-use.ts';
import {
  freePort,
  gatewayProcessor,
  loadProcessor,
  startCommand,
  type CommandOptions,
  type Running,
} from './running.ts';
import { percentile } from './statistics.ts';
import type { Command } from './entrants.ts';

/** Under way at a time, to one server. */
const connections = 20;

/** V8 takes 20,000 requests to be done with its work; sooner asked for it is done after 5,000, and as good. */
const nodeArgs = ['--invocation-count-for-turbofan=1000'];

/** A process that answers. */
export interface Server {
  readonly running: Running;
  /** Of its origin. */
  readonly pool: Pool;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a server on any processor, and then moves it to the load's: where two take turns, requests come in the same
 * batches to each, and what a request costs does not depend on how busy the other processor is.
 */
export async function startServer(command: (port: number) => Command, isUp: CommandOptions['isUp']): Promise<Server> {
  const port = await freePort();
  const processor = `${gatewayProcessor},${loadProcessor}`;
  const running = await startCommand(command(port), { port, nodeArgs, isUp, processor });
  execFileSync('taskset', ['-apc', loadProcessor, `${running.pid}`], { stdio: 'ignore' });
  const pool = new Pool(running.url, { connections, pipelining: 1 });
  const stop = async (): Promise<void> => {
    await pool.destroy();
    await running.stop();
  };
  return { running, pool, stop };
}

/** One server with the requests that it gets. */
export interface Side {
  readonly server: Server;
  /** Path that the requests go to. */
  readonly path: string;
  readonly shots: readonly Shot[];
}

export interface Amount {
  /** Requests before, to each side. */
  readonly warmUp: number;
  /** Requests of one turn. */
  readonly slice: number;
  readonly rounds: number;
}

/** Microseconds of CPU time a request, of each side the lower quartile: what else runs on the machine only ever adds. */
export type Pair = readonly [first: number, second: number];

/** Two sides in turn, another one first in each round: what the machine does beside falls on both. */
export async function measurePair(sides: readonly [Side, Side], { warmUp, slice, rounds }: Amount): Promise<Pair> {
  for (const side of sides) await measureSlice(side, warmUp);
  const us: readonly [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    for (const which of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      us[which].push(await measureSlice(sides[which], slice));
    }
  }
  const [first, second] = us.map((each) =>
    percentile(
      each.toSorted((a, b) => a - b),
      0.25,
    ),
  );
  return [first ?? 0, second ?? 0];
}

async function measureSlice({ server, path, shots }: Side, requests: number): Promise<number> {
  const { pid, url } = server.running;
  const before = await threadsCpuUs(pid);
  await load({ url: `${url}${path}`, shots, pool: server.pool }, { connections, requests });
  return ((await threadsCpuUs(pid)) - before) / requests;
}

/** An answer as it came, not decoded. */
export interface RawAnswer {
  readonly bytes: Buffer;
  /** What came of the cache; undefined where the server does not say. */
  readonly outcome: string | undefined;
}

const jsonBody = { 'content-type': 'application/json', accept: 'application/json', 'weft-cache': 'true' };

/** @throws {Error} where the answer is not 200. */
export async function askOnce({ running, pool }: Server, path: string, { body, headers }: Shot): Promise<RawAnswer> {
  const answer = await pool.request({ path, method: 'POST', body, headers: { ...jsonBody, ...headers } });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  if (answer.statusCode !== 200) {
    throw new Error(
      `expected 200, but got ${answer.statusCode}: ${bytes.toString().slice(0, 500)}\n${running.printed()}`,
    );
  }
  const outcome = answer.headers['x-cache'];
  return { bytes, outcome: typeof outcome === 'string' ? outcome : undefined };
}
