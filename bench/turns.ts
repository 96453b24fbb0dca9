import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import type { Command } from './entrants.ts';
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

/** What a request costs one server more than another one: the two take turns, and what the machine does beside falls on both. */

/** Under way at a time, to one server. */
const connections = 20;

/** V8 takes 20,000 requests to be done with its work; sooner asked for it is done after 5,000, and as good. */
const nodeArgs = ['--invocation-count-for-turbofan=1000'];

const root = fileURLToPath(new URL('..', import.meta.url));

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
export async function startServer(
  command: (port: number) => Command,
  isUp: CommandOptions['isUp'],
  { stdout }: Pick<CommandOptions, 'stdout'> = {},
): Promise<Server> {
  const port = await freePort();
  const processor = `${gatewayProcessor},${loadProcessor}`;
  const running = await startCommand(command(port), { port, nodeArgs, isUp, processor, stdout });
  execFileSync('taskset', ['-apc', loadProcessor, `${running.pid}`], { stdio: 'ignore' });
  const pool = new Pool(running.url, { connections, pipelining: 1 });
  const stop = async (): Promise<void> => {
    await pool.destroy();
    await running.stop();
  };
  return { running, pool, stop };
}

/**
 * Starts Weft on a gateway folder.
 *
 * @param stdout A file that its standard output goes to. Default: the end of it is kept.
 */
export async function startGateway(folder: string, stdout?: number): Promise<Server> {
  return startServer(
    (port) => ({
      args: [`${root}src/main.ts`, 'start', '--dir', folder, '--port', `${port}`],
      cwd: root,
      path: '',
    }),
    isReady,
    { stdout },
  );
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`)).ok;
  } catch {
    return false;
  }
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
  /** Requests of one turn: not seconds, as a machine that is busy beside takes longer, and measures as much. */
  readonly slice: number;
  readonly rounds: number;
}

/** Microseconds of CPU time a request, of each side the lower quartile: what else runs on the machine only ever adds. */
export type Pair = readonly [first: number, second: number];

/** The two sides in turn, with the same shots in each. */
export async function measurePair([first, second]: readonly [Side, Side], amount: Amount): Promise<Pair> {
  const sliceOf =
    (side: Side): Slice =>
    async (requests) =>
      measureSlice(side, requests);
  return takeTurns([sliceOf(first), sliceOf(second)], amount);
}

/** Sends as many requests to a side, and resolves with microseconds of CPU time a request. */
export type Slice = (requests: number) => Promise<number>;

/** Another one first in each round. */
export async function takeTurns(slices: readonly [Slice, Slice], { warmUp, slice, rounds }: Amount): Promise<Pair> {
  for (const measure of slices) await measure(warmUp);
  const us: readonly [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    for (const which of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      us[which].push(await slices[which](slice));
    }
  }
  return [lowerQuartile(us[0]), lowerQuartile(us[1])];
}

function lowerQuartile(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.25,
  );
}

export async function measureSlice({ server, path, shots }: Side, requests: number): Promise<number> {
  const { pid, url } = server.running;
  const before = await threadsCpuUs(pid);
  await load({ url: `${url}${path}`, shots, pool: server.pool }, { connections, requests });
  return ((await threadsCpuUs(pid)) - before) / requests;
}
