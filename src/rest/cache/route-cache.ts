import { uriTag } from '../../cache/http/invalidation.ts';
import { readWishes, useOf, type Wishes } from '../../cache/http/wishes.ts';
import type { CacheStore, SingleFlight } from '../../cache/types.ts';
import type { RouteCacheConfig } from '../../config/cache-types.ts';
import { inBackground, type Exchange } from './exchange.ts';
import { isBeyondKeys } from './beyond-keys.ts';
import { changedTags, type KeptQueries } from './changes.ts';
import { Flights, type Flight, type Landing } from './flights.ts';
import { Giver } from './giver.ts';
import { routeKey, type KeyRules, type RouteKey } from './keys.ts';
import { RecentKeys } from './recent-keys.ts';
import { askHead } from './head.ts';
import { isUpstreamFailure, renew, type RenewTools } from './renew.ts';
import { writeNotKept, writeNotModified } from './serve.ts';
import { lookUp, type Looked } from './variants.ts';

/**
 * What a route keeps of its upstream's answers. In: a request that was let in. Out: a kept answer, or the upstream's, which
 * is kept on its way where it may be. It keeps what RFC 9111 lets a shared cache keep, and nothing that it would have to
 * guess.
 */
export interface RouteCache {
  /**
   * Answers a request of the route, whatever its method.
   *
   * @throws {GatewayError} As `Stream`.
   */
  readonly answer: (exchange: Exchange) => Promise<void>;
}

export interface RouteCacheOptions {
  readonly config: RouteCacheConfig;
  readonly store: CacheStore;
  readonly singleFlight: SingleFlight;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether requests with `weft-cache: true` are told by `x-cache` what came of the cache. */
  readonly show: boolean;
  /** Largest body that is kept, in bytes. */
  readonly maxEntryBytes: number;
  /**
   * Request fields beside `authorization` and `cookie` by which an upstream may know who asks, lower case: those in which
   * identity providers find credentials that they do not hide. Default: none.
   */
  readonly credentials?: readonly string[];
  /** Of all routes of the upstream, this one among them: what is changed here is kept no longer by any. Default: of this one. */
  readonly keptQueries?: KeptQueries;
}

/** How long a URL whose answer may not be kept is remembered, so that its requests do not wait for each other, in milliseconds. */
const unstorableMs = 60_000;
const maxUnstorable = 10_000;

/** Longest wait for a call that another request has begun, and longest time of a refresh that nobody waits for, in milliseconds. */
const maxWaitMs = 30_000;

export function createRouteCache(options: RouteCacheOptions): RouteCache {
  const cache = new Cache(options);
  return { answer: async (exchange) => cache.answer(exchange) };
}

interface Asked {
  readonly exchange: Exchange;
  readonly key: RouteKey;
  readonly wishes: Wishes | undefined;
}

class Cache {
  readonly #options: RouteCacheOptions;
  readonly #tools: RenewTools;
  readonly #flights = new Flights();
  readonly #unstorable = new RecentKeys(unstorableMs, maxUnstorable);

  readonly #giver: Giver;
  readonly #keyRules: KeyRules;
  readonly #keptQueries: KeptQueries;

  constructor(options: RouteCacheOptions) {
    this.#options = options;
    this.#tools = options;
    this.#giver = new Giver(options, this.#unstorable);
    const { config, credentials = [], keptQueries = [config.key.query] } = options;
    this.#keptQueries = keptQueries;
    this.#keyRules = { config: config.key, credentials: ['authorization', 'cookie', ...credentials] };
  }

  async answer(exchange: Exchange): Promise<void> {
    const { config } = this.#options;
    const { req } = exchange;
    if (req.method !== 'GET' && req.method !== 'HEAD') return this.#change(exchange);
    const wishes = readWishes(req.headers);
    if (!config.methods.includes(req.method) || wishes?.noStore || isBeyondKeys(req)) return this.#bypass(exchange);
    const asked = { exchange, key: routeKey(exchange, this.#keyRules), wishes };
    const looking = lookUp(this.#options.store, exchange, asked.key.primary);
    const looked = looking instanceof Promise ? await looking : looking;
    if (this.#serveKept(asked, looked)) return;
    if (wishes?.onlyIfCached) writeNotKept(exchange, this.#giver.told(exchange, 'miss'));
    else if (req.method === 'HEAD') await this.#askHead(asked, looked);
    else await this.#ask(asked, looked);
  }

  /** A request that may change something: what is kept of what it changes is no longer good. */
  async #change(exchange: Exchange): Promise<void> {
    const response = await exchange.call({ conditions: undefined, signal: exchange.scope.signal });
    const tags = changedTags(exchange, response, this.#keptQueries);
    if (tags !== undefined) {
      this.#flights.overtake(tags);
      void this.#options.store.invalidate(tags);
    }
    await exchange.pass(response, this.#giver.told(exchange, 'bypass'));
  }

  async #bypass(exchange: Exchange): Promise<void> {
    const response = await exchange.call({ conditions: undefined, signal: exchange.scope.signal });
    await exchange.pass(response, this.#giver.told(exchange, 'bypass'));
  }

  /** Answers with what is kept where that is good enough for the client. */
  #serveKept(asked: Asked, looked: Looked): boolean {
    const { entry } = looked;
    if (entry === undefined) return false;
    const now = this.#options.now();
    const use = useOf(entry, now, asked.wishes);
    if (use === 'validate') return false;
    // Begun first: it is made of the request, which may be over once it is answered.
    if (use === 'refresh' && this.#flights.get(looked.key) === undefined) void this.#refresh(asked, looked);
    this.#giver.serve(asked.exchange, entry, use === 'fresh' ? 'hit' : 'stale');
    return true;
  }

  /**
   * Asks for what is kept nowhere, or no longer fresh. Where others ask for the same, one call is made, and they wait for its
   * answer to be kept; where it is not, each makes its own.
   */
  async #ask(asked: Asked, looked: Looked): Promise<void> {
    const { exchange, key, wishes } = asked;
    const mayShare =
      (wishes === undefined || looked.entry === undefined) &&
      (looked.entry === undefined || looked.entry.freshUntil > looked.entry.madeAt) &&
      !this.#unstorable.has(key.primary, this.#options.now());
    if (!mayShare) return this.#askAlone(asked, looked);
    const running = this.#flights.get(looked.key);
    if (running === undefined) return this.#lead(asked, looked);
    const landing = await running.wait(exchange.scope.signal, maxWaitMs);
    return this.#follow(asked, looked, landing);
  }

  async #follow(asked: Asked, looked: Looked, landing: Landing): Promise<void> {
    const { exchange, key } = asked;
    if (landing.is === 'failed') throw landing.error;
    if (landing.is === 'stood-in' && looked.entry !== undefined) {
      this.#giver.serve(exchange, looked.entry, 'stale');
      return;
    }
    if (landing.is !== 'kept') return this.#askAlone(asked, looked);
    // What was made invalid meanwhile is not found: then the waiting was in vain.
    const again = await lookUp(this.#options.store, exchange, key.primary);
    if (!this.#serveKept(asked, again)) await this.#askAlone(asked, again);
  }

  async #askAlone(asked: Asked, looked: Looked): Promise<void> {
    const { exchange, key } = asked;
    const keepsConditions = this.#unstorable.has(key.primary, this.#options.now());
    const renewed = await renew(this.#tools, { exchange, key, looked, keepsConditions, signal: exchange.scope.signal });
    await this.#giver.give(asked, renewed).done;
  }

  async #askHead({ exchange, key }: Asked, looked: Looked): Promise<void> {
    const { signal } = exchange.scope;
    const asked = await askHead(this.#tools, { exchange, key, looked, keepsConditions: true, signal });
    if (asked.is === 'stood-in') this.#giver.serve(exchange, asked.entry, 'stale');
    else if (asked.is === 'not-modified') writeNotModified(exchange, asked.headers, this.#giver.told(exchange, 'miss'));
    else await exchange.pass(asked.response, this.#giver.told(exchange, 'miss'));
  }

  /** Makes the call that others may wait for. */
  async #lead(asked: Asked, looked: Looked): Promise<void> {
    const { exchange, key } = asked;
    const { signal } = exchange.scope;
    const flight = this.#flights.begin(looked.key, uriTag(exchange.upstream.name, key.path));
    const leave = (): void => {
      // Who has been answered does not leave.
      if (!exchange.res.writableEnded) flight.leave();
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    const flown = await this.#fly(asked, looked, { flight, hasClient: true });
    if (flown.is === 'elsewhere') await this.#follow(asked, looked, flown.landing);
    else await flown.done;
  }

  /** Fetches a new answer for those who come next, while this client has the old one. Never rejects. */
  async #refresh(asked: Asked, looked: Looked): Promise<void> {
    const { upstream } = asked.exchange;
    const flight = this.#flights.begin(looked.key, uriTag(upstream.name, asked.key.path));
    const timer = setTimeout(() => flight.leave(), maxWaitMs).unref();
    try {
      const unwatched = { ...asked, exchange: inBackground(asked.exchange) };
      await this.#fly(unwatched, looked, { flight, hasClient: false });
    } catch {
      // The call has been published, and the kept answer is as good as before.
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Runs a flight to its landing: when it is known what comes of it. Its own client may read on for longer than others wait,
   * until `done`.
   */
  async #fly(asked: Asked, looked: Looked, { flight, hasClient }: Flying): Promise<Flown> {
    const { store, singleFlight } = this.#options;
    const { exchange, key } = asked;
    let done: Promise<void> | undefined;
    const work = async (): Promise<Landing> => {
      const renewing = { exchange, key, looked, keepsConditions: false, signal: flight.signal };
      const renewed = await renew(this.#tools, renewing);
      const given = this.#giver.give(asked, renewed, hasClient);
      ({ done } = given);
      if (renewed.is === 'stood-in') return { is: 'stood-in' };
      return { is: (await given.isKept) ? 'kept' : 'passed' };
    };
    const lookAgain = async (): Promise<Landing | undefined> => {
      const { entry } = await lookUp(store, exchange, key.primary);
      return entry && useOf(entry, this.#options.now(), undefined) === 'fresh' ? { is: 'kept' } : undefined;
    };
    try {
      const written = (): Promise<void> | undefined => store.written(looked.key);
      const landing = await singleFlight.run(flight.sharedKey, work, { lookAgain, written });
      flight.land(landing);
      return done === undefined ? { is: 'elsewhere', landing } : { is: 'here', done };
    } catch (error) {
      // What went wrong with this very request is nothing to those who wait.
      flight.land(isUpstreamFailure(error) ? { is: 'failed', error } : { is: 'passed' });
      throw error;
    } finally {
      this.#flights.end(looked.key, flight);
    }
  }
}

interface Flying {
  readonly flight: Flight;
  readonly hasClient: boolean;
}

type Flown =
  | { readonly is: 'here'; readonly done: Promise<void> }
  /** Another instance, or another generation of this one, was at it already. */
  | { readonly is: 'elsewhere'; readonly landing: Landing };
