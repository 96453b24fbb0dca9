import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Redis as SingleRedis } from 'ioredis';
import type { RedisServers } from '../config/limit-types.ts';
import { redactUrl } from '../lib/redact-url.ts';
import { clusterOptions, placeOf, sentinelOptions, stayingOptions } from './options.ts';
import { describeFailure, tellOperators, tellOperatorsOfNodes } from './tell-operators.ts';

/**
 * A connection for commands. It may lead to a Cluster: all keys of one command or pipeline must be of one slot (a common
 * `{tag}`), and what a connection keeps for itself (`WATCH`, `SELECT`) is not to be used.
 */
export type Redis = SingleRedis | Cluster;

// A server that stands still never ends its side of the socket.
const closeTimeoutMs = 1000;
const clusterLookMs = 5000;

/**
 * Opens a connection, and opens it anew whenever it is lost, with growing pauses. Gives it at once: `waitForRedis` waits
 * for its being ready. A failover of Sentinel or Cluster, and slots that move, are followed.
 *
 * Commands fail fast, never hang: at once while there is no connection, else after 500 ms. Nothing is sent twice that a
 * server may have run. That the connection was lost, and that it is back, is told as a notice, once each; of a Cluster, each
 * node's.
 */
export function connectRedis(servers: RedisServers | { readonly kind?: never; readonly url: string }): Redis {
  if (servers.kind === 'cluster') return connectCluster(servers.nodes);
  if (servers.kind === 'sentinel') {
    const redis = new SingleRedis(sentinelOptions(servers));
    const { name, sentinels } = servers;
    tellOperators(redis, `master ${JSON.stringify(name)} of the sentinels ${sentinels.map(printRedisUrl).join(', ')}`);
    return redis;
  }
  const redis = new SingleRedis(servers.url, stayingOptions);
  tellOperators(redis, printRedisUrl(servers.url));
  return redis;
}

function connectCluster(nodes: readonly string[]): Cluster {
  const places = nodes.map((url) => placeOf(url, 6379));
  const cluster = new Cluster(places, clusterOptions(nodes));
  tellOperators(cluster, `cluster of ${nodes.map(printRedisUrl).join(', ')}`);
  tellOperatorsOfNodes(cluster);
  // Nodes are connected to when a command goes there, and fail those that come meanwhile: so they are before. Not earlier
  // than the Cluster is ready: its own first command is such a one.
  const open = (node: SingleRedis): void => {
    if (node.status === 'wait') node.connect().catch(() => {});
  };
  cluster.on('ready', () => cluster.nodes('master').forEach(open));
  cluster.on('+node', (node: SingleRedis) => {
    if (cluster.status === 'ready' && !node.options.readOnly) open(node);
  });
  // A node that went away, or is back, would else be noticed by the next command for one of its slots.
  const looking = setInterval(() => {
    if (cluster.status === 'ready') cluster.refreshSlotsCache();
  }, clusterLookMs);
  looking.unref();
  cluster.once('end', () => clearInterval(looking));
  return cluster;
}

/**
 * Resolves once the connection is ready; of a Cluster, those to all masters.
 *
 * @throws {Error} where it is not after `timeoutMs`, or was closed; the message says why and holds no password.
 */
export async function waitForRedis(redis: Redis, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let reason = `no answer within ${timeoutMs} ms`;
  const onError = (error: Error): void => {
    reason = describeFailure(error);
  };
  const fail = (): void => reject(new Error(`Redis cannot be reached: ${reason}.`));
  const timer = setTimeout(fail, timeoutMs);
  const proceed = (): void => {
    if (isReady(redis)) resolve();
  };
  const nodes = new Set<SingleRedis>();
  const watchNode = (node: SingleRedis): void => {
    nodes.add(node.on('ready', proceed));
  };
  redis.on('error', onError).on('ready', proceed).once('end', fail);
  if (redis instanceof Cluster) {
    for (const node of redis.nodes('master')) watchNode(node);
    redis.on('+node', watchNode).on('node error', onError).on('-node', proceed);
  }
  proceed();
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    redis.off('error', onError).off('ready', proceed).off('end', fail);
    redis.off('+node', watchNode).off('node error', onError).off('-node', proceed);
    for (const node of nodes) node.off('ready', proceed);
  }
}

/** Whether commands go out now; of a cluster, to each of its masters. */
export function isReady(redis: Redis): boolean {
  if (redis.status !== 'ready') return false;
  return !(redis instanceof Cluster) || redis.nodes('master').every(({ status }) => status === 'ready');
}

/** Lets running commands finish, then closes for good. Does nothing where it is closed. */
export async function closeRedis(redis: Redis): Promise<void> {
  // Between two attempts there is no socket, so that its end would never be told.
  const hasSocket = redis.status !== 'end' && redis.status !== 'reconnecting';
  const ended = new Promise<void>((resolve) => {
    redis.once('end', () => resolve());
  });
  if (redis.status === 'ready') await redis.quit().catch(() => {});
  if (redis.status !== 'end') redis.disconnect();
  if (hasSocket) await Promise.race([ended, pause(closeTimeoutMs, undefined, { ref: false })]);
}

/** What may be shown of the URL: neither user nor password nor options, which may hold them too. */
function printRedisUrl(url: string): string {
  return redactUrl(url).replace(/\?.*$/s, '');
}
