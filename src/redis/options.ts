import type { ClusterOptions, RedisOptions } from 'ioredis';
import type { RedisServers } from '../config/limit-types.ts';

// A caller waits for what is asked, so an answer that is late is worth less than a quick refusal.
const commandTimeoutMs = 500;
const connectTimeoutMs = 2000;
// A socket that is silent for so long while an answer is due leads nowhere: a new one is opened.
const silentSocketMs = 2000;
const maxReconnectDelayMs = 2000;
// Slots move and fail over seldom, and one after the other.
const maxRedirections = 5;

type PlainClusterOptions = Omit<ClusterOptions, 'redisOptions'> & {
  readonly redisOptions: Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>;
};

export type SentinelServers = Extract<RedisServers, { readonly kind: 'sentinel' }>;

/** Of every connection, whatever it leads to. */
export const connectionOptions = {
  commandTimeout: commandTimeoutMs,
  connectTimeout: connectTimeoutMs,
  socketTimeout: silentSocketMs,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // A master that has become a replica: only a new connection finds the new one. Nothing is sent again.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} as const satisfies RedisOptions;

/** Of a connection that stays for good: it is opened anew whenever it is lost. */
export const stayingOptions = {
  ...connectionOptions,
  enableOfflineQueue: false,
  retryStrategy: reconnectDelayMs,
} as const satisfies RedisOptions;

/** The sentinels are asked for the master whenever the connection is opened. */
export function sentinelOptions(servers: SentinelServers): Omit<RedisOptions, 'replyMapping'> {
  const { name, sentinels, username, password, sentinelPassword, db, tls } = servers;
  return {
    ...stayingOptions,
    name,
    sentinels: sentinels.map((url) => placeOf(url)),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(sentinels.some(isTls) && { sentinelTLS: {} }),
    ...(tls && { tls: {}, enableTLSForSentinelMode: true }),
    db,
    sentinelCommandTimeout: commandTimeoutMs,
    sentinelRetryStrategy: reconnectDelayMs,
  };
}

/**
 * The client's own ways to send a command again are off where the node may have run it: what is lost with a connection
 * fails. What a node refuses because the slot is elsewhere (`MOVED`, `ASK`, `TRYAGAIN`) it did not run, and goes there.
 */
export function clusterOptions(nodes: readonly string[]): PlainClusterOptions {
  const first = new URL(nodes[0] ?? '');
  return {
    enableOfflineQueue: false,
    maxRedirections,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: connectTimeoutMs,
    clusterRetryStrategy: reconnectDelayMs,
    redisOptions: {
      ...connectionOptions,
      ...(first.username !== '' && { username: decodeURIComponent(first.username) }),
      ...(first.password !== '' && { password: decodeURIComponent(first.password) }),
      ...(isTls(first.href) && { tls: {} }),
    },
    // Certificates name hosts: a host that became an address would not be theirs.
    ...(isTls(first.href) && { dnsLookup: (host, done) => done(null, host) }),
  };
}

/** Host and port of a `redis:` or `rediss:` URL. */
export function placeOf(url: string, defaultPort = 26_379): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? defaultPort : Number(port) };
}

function isTls(url: string): boolean {
  return url.startsWith('rediss:');
}

/** Growing pauses; never quite the same, so that instances do not come back all at once. */
function reconnectDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** (attempt - 1), maxReconnectDelayMs) + Math.floor(Math.random() * 50);
}
