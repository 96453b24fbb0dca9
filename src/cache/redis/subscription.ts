import { Cluster, type Redis as SingleRedis } from 'ioredis';
import type { Redis } from '../../redis/connect.ts';
import { channel } from './keys.ts';

const heartbeatMs = 1000;
const firstPauseMs = 50;
const maxPauseMs = 1000;

export interface SubscriptionOptions {
  readonly redis: Redis;
  readonly onMessage: (text: string) => void;
  /** It hears from now on; before, anything may have been missed. */
  readonly onHearing: () => void;
}

/**
 * Hears what instances tell each other, on a connection of its own; in a Cluster, to any of its masters. A connection that is
 * lost, or silent, is replaced. Never throws.
 */
export class Subscription {
  readonly #options: SubscriptionOptions;
  #connection: SingleRedis | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = firstPauseMs;
  #isClosed = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#open();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#connection?.disconnect();
  }

  #open(): void {
    const { redis, onMessage, onHearing } = this.#options;
    const connection = duplicate(redis);
    if (connection === undefined) {
      this.#openLater();
      return;
    }
    this.#connection = connection;
    // Without a listener an `error` event would end the process; operators are told of the connection for commands.
    connection.on('error', () => {});
    connection.on('message', (_channel, text) => onMessage(text));
    this.#listen(connection).then(
      () => {
        this.#pauseMs = firstPauseMs;
        onHearing();
        this.#beat(connection);
      },
      () => this.#replace(connection),
    );
  }

  async #listen(connection: SingleRedis): Promise<void> {
    await connection.connect();
    await connection.subscribe(channel);
    connection.once('close', () => this.#replace(connection));
  }

  /** A server that stands still, or a network that swallows all, is noticed by no event. */
  #beat(connection: SingleRedis): void {
    if (this.#connection !== connection || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      connection.ping().then(
        () => this.#beat(connection),
        () => this.#replace(connection),
      );
    }, heartbeatMs).unref();
  }

  #replace(connection: SingleRedis): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    // Of one that is closed, `ioredis` would wait two seconds for its end, and the process with it.
    if (connection.status !== 'close' && connection.status !== 'end') connection.disconnect();
    this.#openLater();
  }

  #openLater(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), this.#pauseMs + Math.random() * firstPauseMs).unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, maxPauseMs);
  }
}

/** Not connected yet, and never connected again; undefined: there is no node to connect to. */
function duplicate(redis: Redis): SingleRedis | undefined {
  const options = { lazyConnect: true, retryStrategy: () => null, enableOfflineQueue: false };
  if (!(redis instanceof Cluster)) return redis.duplicate(options);
  const masters = redis.nodes('master');
  return masters[Math.floor(Math.random() * masters.length)]?.duplicate(options);
}
