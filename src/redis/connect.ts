import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisConfig } from '../config/types.ts';
import { redactUrl } from '../lib/redact-url.ts';
import { publishNotice } from '../telemetry/channels.ts';

export type { Redis } from 'ioredis';

// A caller waits for what is asked, so an answer that is late is worth less than a quick refusal.
const commandTimeoutMs = 500;
const connectTimeoutMs = 2000;
// A socket that is silent for so long while an answer is due leads nowhere: a new one is opened.
const silentSocketMs = 2000;
const maxReconnectDelayMs = 2000;
// A server that stands still never ends its side of the socket.
const closeTimeoutMs = 1000;

/**
 * Opens a connection, and opens it anew whenever it is lost, with growing pauses. Gives it at once: `waitForRedis` waits
 * for its being ready.
 *
 * Commands fail fast, never hang: at once while there is no connection, else after 500 ms. Nothing is sent twice. That
 * the connection was lost, and that it is back, is told as a notice, once each.
 */
export function connectRedis({ url }: RedisConfig): Redis {
  const redis = new Redis(url, {
    commandTimeout: commandTimeoutMs,
    connectTimeout: connectTimeoutMs,
    socketTimeout: silentSocketMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(50 * 2 ** (attempt - 1), maxReconnectDelayMs) + Math.floor(Math.random() * 50),
  });
  tellOperators(redis, printRedisUrl(url));
  return redis;
}

/**
 * Resolves once the connection is ready.
 *
 * @throws {Error} where it is not after `timeoutMs`, or was closed; the message says why and holds no password.
 */
export async function waitForRedis(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let reason = `no answer within ${timeoutMs} ms`;
  const onError = (error: Error): void => {
    reason = describe(error);
  };
  const fail = (): void => reject(new Error(`Redis cannot be reached: ${reason}.`));
  const timer = setTimeout(fail, timeoutMs);
  redis.on('error', onError).once('ready', resolve).once('end', fail);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    redis.off('error', onError).off('ready', resolve).off('end', fail);
  }
}

/** Lets running commands finish, then closes for good. Does nothing where it is closed. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await redis.quit().catch(() => {});
  // Between two attempts there is no socket, so that its end would never be told.
  const hasSocket = redis.status !== 'end' && redis.status !== 'reconnecting';
  const ended = new Promise<void>((resolve) => {
    redis.once('end', () => resolve());
  });
  redis.disconnect();
  if (hasSocket) await Promise.race([ended, pause(closeTimeoutMs, undefined, { ref: false })]);
}

/** What may be shown of the URL: neither user nor password nor options, which may hold them too. */
function printRedisUrl(url: string): string {
  return redactUrl(url).replace(/\?.*$/s, '');
}

function tellOperators(redis: Redis, name: string): void {
  let isDown = false;
  const tellDown = (reason: string): void => {
    if (isDown) return;
    isDown = true;
    publishNotice({ level: 'warn', message: `Redis ${name} cannot be reached: ${reason}` });
  };
  // Without a listener an `error` event would end the process.
  redis.on('error', (error) => tellDown(describe(error)));
  // A server that stops in good order closes the socket without an error.
  redis.on('reconnecting', () => tellDown('the connection was lost'));
  redis.on('ready', () => {
    if (!isDown) return;
    isDown = false;
    publishNotice({ level: 'info', message: `Redis ${name} is back` });
  });
}

/** Several addresses of one host that all fail give an error without a text of its own. */
function describe(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return error.message || code || error.name;
}
