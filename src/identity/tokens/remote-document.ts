import type { RemoteDocumentConfig } from '../../config/identity-types.ts';
import { unavailable } from './json-client.ts';
import { ServerNotices } from './server-notices.ts';

export interface RemoteDocumentOptions<T> {
  /** For notices and errors, such as `keys of provider "jwt"`. */
  readonly what: string;
  readonly load: () => Promise<T>;
  readonly config: Pick<RemoteDocumentConfig, 'maxAgeMs' | 'maxStaleMs' | 'cooldownMs'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Loaded<T> {
  readonly value: T;
  readonly atMs: number;
}

/**
 * Something that an identity server gives and that is kept: loaded when it is first asked for, again when it is old, and
 * once at a time. It has no timers: who does not ask does not load.
 */
export class RemoteDocument<T> {
  readonly #options: RemoteDocumentOptions<T>;
  readonly #notices: ServerNotices;
  #loaded: Loaded<T> | undefined;
  #running: Promise<T> | undefined;
  #failure: { readonly reason: string; readonly atMs: number } | undefined;
  #renewedAtMs = -Infinity;
  #isClosed = false;

  constructor(options: RemoteDocumentOptions<T>) {
    this.#options = options;
    this.#notices = new ServerNotices(options.what);
  }

  /**
   * The value: at once where a good one is there. An old one is given while a new one is loaded, unless nobody asked for
   * so long that it is older than twice `maxAgeMs`; then only while none can be had, for `maxStaleMs`.
   *
   * @throws {GatewayError} `IDENTITY_UNAVAILABLE` where there is none. Thrown or rejected.
   */
  get(): T | Promise<T> {
    const { config, now } = this.#options;
    const loaded = this.#loaded;
    const ageMs = loaded === undefined ? Infinity : now() - loaded.atMs;
    if (loaded !== undefined && ageMs <= config.maxAgeMs) return loaded.value;
    const wasFailing = this.#failure !== undefined;
    const loading = this.#isCooling(this.#failure?.atMs) ? undefined : this.#load();
    if (loaded === undefined || ageMs > config.maxAgeMs + config.maxStaleMs) {
      if (loading === undefined) throw this.#unavailable();
      return loading;
    }
    if (loading === undefined || wasFailing || ageMs <= 2 * config.maxAgeMs) return loaded.value;
    return loading.catch(() => loaded.value);
  }

  /**
   * A value that was loaded after the call or is being loaded, for who misses something in the one it has; undefined
   * where loading fails, and within `cooldownMs` after the last such call or failure.
   */
  async renew(): Promise<T | undefined> {
    if (this.#running === undefined) {
      if (this.#isCooling(this.#renewedAtMs) || this.#isCooling(this.#failure?.atMs)) return undefined;
      this.#renewedAtMs = this.#options.now();
    }
    try {
      return await this.#load();
    } catch {
      return undefined;
    }
  }

  /** Says nothing more of what fails. */
  close(): void {
    this.#isClosed = true;
  }

  /** A clock that was set back must not make it cool down for hours. */
  #isCooling(sinceMs = -Infinity): boolean {
    const passedMs = this.#options.now() - sinceMs;
    return passedMs >= 0 && passedMs < this.#options.config.cooldownMs;
  }

  #load(): Promise<T> {
    if (this.#running !== undefined) return this.#running;
    const running = this.#run();
    this.#running = running;
    // Nobody may be waiting.
    running.catch(() => {});
    return running;
  }

  async #run(): Promise<T> {
    const { load, now } = this.#options;
    try {
      const value = await load();
      this.#loaded = { value, atMs: now() };
      this.#failure = undefined;
      if (!this.#isClosed) this.#notices.worked();
      return value;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#failure = { reason, atMs: now() };
      if (!this.#isClosed) this.#notices.failed(reason);
      throw this.#unavailable(cause);
    } finally {
      this.#running = undefined;
    }
  }

  #unavailable(cause?: unknown): Error {
    return unavailable(`${this.#options.what} cannot be had: ${this.#failure?.reason ?? 'unknown'}`, cause);
  }
}
