import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command, Entrant } from './entrants.ts';
import type { Stage } from './stage.ts';
import type { SetName } from './types.ts';

/** Processors: the entrant has the first to itself; load and upstreams share the second. */
export const gatewayProcessor = '0';
export const loadProcessor = '1';

/** An entrant that answers. */
export interface Running {
  readonly pid: number;
  /** Of the GraphQL endpoint. */
  readonly url: string;
  /** The end of what it printed. */
  readonly printed: () => string;
  /** Asks it to end, and makes it end where it does not within two seconds. */
  readonly stop: () => Promise<void>;
}

export interface StartOptions {
  readonly set: SetName;
  /** `FloorTask[]` as JSON. Only floors read it. */
  readonly tasksFile?: string;
  /** For Node itself. Default none. */
  readonly nodeArgs?: readonly string[] | undefined;
}

const startDeadlineMs = 30_000;
const stopDeadlineMs = 2000;
const keptOutput = 2000;

/**
 * Starts an entrant on its processor and waits until it answers.
 *
 * @throws {Error} with the end of what it printed, where it ends or does not answer within 30 seconds.
 */
export async function startEntrant(entrant: Entrant, stage: Stage, options: StartOptions): Promise<Running> {
  const { set, tasksFile = '', nodeArgs } = options;
  const { urls, supergraphFile } = stage;
  const port = await freePort();
  const context = { set, port, urls, supergraphFile, tasksFile, dir: await stage.makeFolder() };
  return startCommand(await entrant.command(context), { port, nodeArgs, isUp: answers });
}

export interface CommandOptions extends Pick<StartOptions, 'nodeArgs'> {
  /** The TCP port that the command listens on, at 127.0.0.1. */
  readonly port: number;
  /** Whether the process is ready; asked again until it is. Never rejects. */
  readonly isUp: (url: string) => Promise<boolean>;
  /** Default: the entrant's. */
  readonly processor?: string;
  /** A file that its standard output goes to. Default: the end of it is kept. */
  readonly stdout?: number | undefined;
}

/**
 * Starts a process on its processor and waits until it is up.
 *
 * @throws {Error} with the end of what it printed, where it ends or is not up within 30 seconds.
 */
export async function startCommand(command: Command, options: CommandOptions): Promise<Running> {
  const { args, cwd, env, path } = command;
  const { port, nodeArgs = [], isUp, processor = gatewayProcessor, stdout = 'pipe' } = options;
  // `taskset` becomes the command that it starts: its process id is the entrant's.
  const child = spawn('taskset', ['-c', processor, process.execPath, ...nodeArgs, ...args], {
    cwd,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', stdout, 'pipe'],
  });
  const printed = collectOutput(child);
  const url = `http://127.0.0.1:${port}${path}`;
  const stop = (): Promise<void> => stopChild(child);
  try {
    await untilUp(url, child, isUp);
  } catch (cause) {
    await stop();
    throw new Error(`${(cause as Error).message}\n${printed()}`, { cause });
  }
  return { pid: child.pid ?? 0, url, printed, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function collectOutput(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-keptOutput);
    });
  }
  return () => text.trim();
}

async function untilUp(url: string, child: ChildProcess, isUp: CommandOptions['isUp']): Promise<void> {
  const deadline = performance.now() + startDeadlineMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('ended before it answered');
    if (await isUp(url)) return;
    await wait(50);
  }
  throw new Error('did not answer in time');
}

async function answers(url: string): Promise<boolean> {
  try {
    const { data } = (await (await post(url, JSON.stringify({ query: '{ __typename }' }))).json()) as {
      data?: unknown;
    };
    return JSON.stringify(data) === '{"__typename":"Query"}';
  } catch {
    return false;
  }
}

/** Sends one request as the load does. */
export function post(url: string, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  return fetch(url, { method: 'POST', headers, body });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
  await ended;
  clearTimeout(timer);
}
