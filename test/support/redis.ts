import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisServer {
  readonly url: string;
  /** Ends the process; the port stays this server's for `restart`. */
  readonly stop: () => Promise<void>;
  /** An empty server on the same port. Stops it first where it runs. */
  readonly restart: () => Promise<void>;
  /** The process stands still: sockets stay open, and no answer comes. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends the process and removes its folder. */
  readonly close: () => Promise<void>;
}

export interface RedisServerOptions {
  /** Default: none is asked for. */
  readonly password?: string;
}

/** A real redis-server of its own on a free port of 127.0.0.1, with nothing in it and nothing kept. */
export async function startRedis({ password }: RedisServerOptions = {}): Promise<RedisServer> {
  const dir = await mkdtemp(join(tmpdir(), 'weft-redis-'));
  const options = ['--save', '', '--appendonly', 'no', '--dir', dir];
  if (password !== undefined) options.push('--requirepass', password);
  const first = await startOnFreePort(options);
  const { port } = first;
  let { child } = first;
  const stop = async (): Promise<void> => end(child);
  return {
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    stop,
    restart: async () => {
      await stop();
      child = await start(port, options);
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    close: async () => {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Another process may take a port between its being found free and its being used. */
async function startOnFreePort(options: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  let failure: unknown;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const port = await freePort();
    try {
      return { child: await start(port, options), port };
    } catch (cause) {
      failure = cause;
    }
  }
  throw failure;
}

function start(port: number, options: readonly string[]): Promise<ChildProcess> {
  const program = process.env['REDIS_SERVER_PATH'] || 'redis-server';
  const child = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let log = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}:\n${log}`)));
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      log += part;
      if (log.includes('Ready to accept connections')) resolve(child);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
