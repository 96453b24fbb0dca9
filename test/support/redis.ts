import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { until } from './until.ts';

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

export interface SentinelServers {
  /** Name of the master set. */
  readonly name: string;
  readonly sentinels: readonly string[];
  /** Ends the process of the present master; its replica takes over. */
  readonly stopMaster: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A master and a replica with one password, and a sentinel that asks for none and lets the replica take over at once. */
export async function startSentinel({ password }: Required<RedisServerOptions>): Promise<SentinelServers> {
  const dir = await mkdtemp(join(tmpdir(), 'weft-redis-'));
  const name = 'weft';
  const options = [
    ...['--save', '', '--dir', dir, '--requirepass', password, '--masterauth', password],
    // A master waits seconds for more replicas to come.
    ...['--repl-diskless-sync-delay', '0'],
  ];
  const master = await startOnFreePort(options);
  const replica = await startOnFreePort([...options, ...['--replicaof', '127.0.0.1', String(master.port)]]);
  await asking({ port: replica.port, password }, async (redis) => {
    await until(async () => (await redis.info('replication')).includes('master_link_status:up'));
  });
  const file = join(dir, 'sentinel.conf');
  const of = (words: string): string => `sentinel ${words.replace(' ', ` ${name} `)}`;
  const settings = [
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
    ...['down-after-milliseconds 100', 'failover-timeout 1000', `auth-pass ${password}`].map(of),
  ];
  await writeFile(file, `${settings.join('\n')}\n`);
  const sentinel = await startOnFreePort(['--dir', dir, '--sentinel'], { file, readyText: '+slave slave' });
  // Sentinels look every second for most things: a test need not wait for that.
  await asking({ port: sentinel.port }, async (redis) => {
    await redis.call(
      'SENTINEL',
      'DEBUG',
      'INFO-PERIOD',
      50,
      'PING-PERIOD',
      50,
      'ASK-PERIOD',
      50,
      'DEFAULT-DOWN-AFTER',
      100,
    );
  });
  return {
    name,
    sentinels: [`redis://127.0.0.1:${sentinel.port}`],
    stopMaster: async () => end(master.child),
    close: async () => {
      await Promise.all([end(sentinel.child), end(master.child), end(replica.child)]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export interface ClusterNode {
  readonly url: string;
  /** The process stands still: sockets stay open, and no answer comes. */
  readonly pause: () => void;
  readonly stop: () => Promise<void>;
  /** The same node again, with the slots that it had. */
  readonly restart: () => Promise<void>;
  /** Runs commands on this node itself. */
  readonly ask: <T>(work: (redis: Redis) => Promise<T>) => Promise<T>;
}

export interface RedisCluster {
  readonly nodes: readonly ClusterNode[];
  /** Gives a slot to a node. Only where it holds no keys. */
  readonly moveSlot: (slot: number, to: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

const slots = 16_384;

/** A Cluster of so many masters without replicas, all with one password. Without one of them the others go on. */
export async function startRedisCluster(
  size: number,
  { password }: Required<RedisServerOptions>,
): Promise<RedisCluster> {
  const started = await Promise.all(Array.from({ length: size }, async () => startClusterNode(password)));
  const places = started.map(({ port }) => ({ port, password }));
  const share = Math.ceil(slots / size);
  for (const [at, place] of places.entries()) {
    await asking(place, async (redis) => {
      await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
      await redis.call('CLUSTER', 'ADDSLOTSRANGE', at * share, Math.min((at + 1) * share, slots) - 1);
      for (const { port, busPort } of started.slice(0, at)) {
        await redis.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
      }
    });
  }
  const isWhole = (info: string): boolean =>
    info.includes('cluster_state:ok') &&
    info.includes(`cluster_slots_ok:${slots}`) &&
    info.includes(`cluster_size:${size}`);
  for (const place of places) {
    await asking(place, async (redis) => until(async () => isWhole(String(await redis.call('CLUSTER', 'INFO')))));
  }
  return {
    nodes: started.map(({ node }) => node),
    moveSlot: async (slot, to) => {
      const [winner] = places.slice(to);
      if (winner === undefined) throw new Error(`Expected a node below ${size}, but got: ${to}`);
      const id = await asking(winner, async (redis) => String(await redis.call('CLUSTER', 'MYID')));
      // The one that gains the slot first: else the other would give it back.
      const inTurn = [winner, ...places.filter((place) => place !== winner)];
      for (const place of inTurn) {
        await asking(place, async (redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'NODE', id));
      }
    },
    close: async () => {
      await Promise.all(started.map(async ({ close }) => close()));
    },
  };
}

async function startClusterNode(password: string) {
  const dir = await mkdtemp(join(tmpdir(), 'weft-redis-'));
  const busPort = await freePort();
  const options = [
    ...['--save', '', '--dir', dir, '--requirepass', password, '--cluster-enabled', 'yes'],
    // A node that has met no other does not know its own address.
    ...[
      '--cluster-announce-ip',
      '127.0.0.1',
      '--cluster-port',
      String(busPort),
      '--cluster-node-timeout',
      '500',
      '--cluster-require-full-coverage',
      'no',
    ],
  ];
  const first = await startOnFreePort(options);
  const { port } = first;
  let { child } = first;
  const stop = async (): Promise<void> => end(child);
  const node: ClusterNode = {
    url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    pause: () => void child.kill('SIGSTOP'),
    stop,
    restart: async () => {
      await stop();
      child = await start(port, options);
    },
    ask: async (work) => asking({ port, password }, work),
  };
  const close = async (): Promise<void> => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { port, busPort, node, close };
}

interface Place {
  readonly port: number;
  readonly password?: string;
}

/** A connection of its own for one piece of work. */
async function asking<T>(place: Place, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ host: '127.0.0.1', enableReadyCheck: false, retryStrategy: () => null, ...place });
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

interface StartOptions {
  /** Configuration file that the options add to. */
  readonly file?: string;
  /** What the log says once the server can be used. */
  readonly readyText?: string;
}

/** Another process may take a port between its being found free and its being used. */
async function startOnFreePort(
  options: readonly string[],
  more: StartOptions = {},
): Promise<{ child: ChildProcess; port: number }> {
  let failure: unknown;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const port = await freePort();
    try {
      return { child: await start(port, options, more), port };
    } catch (cause) {
      failure = cause;
    }
  }
  throw failure;
}

function start(port: number, options: readonly string[], more: StartOptions = {}): Promise<ChildProcess> {
  const { file, readyText = 'Ready to accept connections' } = more;
  const program = process.env['REDIS_SERVER_PATH'] || 'redis-server';
  const first = file === undefined ? [] : [file];
  const child = spawn(program, [...first, '--port', String(port), '--bind', '127.0.0.1', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let log = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}:\n${log}`)));
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      log += part;
      if (log.includes(readyText)) resolve(child);
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
