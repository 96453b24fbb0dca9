import { LRUCache } from 'lru-cache';
import { ageOf } from '../cache/http/age.ts';
import { conditionFields, validationFields } from '../cache/http/conditions.ts';
import { entryHeadOf, type EntryHead, type EntryRules } from '../cache/http/entry-of.ts';
import { freshenedFields, isAbout } from '../cache/http/freshen.ts';
import { invalidatedPaths, invalidates, uriTag } from '../cache/http/invalidation.ts';
import type { HttpAnswer } from '../cache/http/messages.ts';
import { errorStatuses } from '../cache/http/stale.ts';
import { readWishes, useOf, type Wishes } from '../cache/http/wishes.ts';
import type { CacheStore, Entry, Found, SingleFlight, Stamp } from '../cache/types.ts';
import type { UpstreamCacheConfig } from '../config/cache-types.ts';
import { GatewayError } from '../errors.ts';
import { createCallKeying, type CallKeying, type CallKeys } from './call-keys.ts';
import { abortError } from './failure.ts';
import type { HeaderRules } from './request-headers.ts';
import type { Send, UpstreamRequest, UpstreamResponse } from './types.ts';

/**
 * Answers of a REST upstream to the calls of operations, kept as RFC 9111 has it of a shared cache. To be put around all
 * else that a call passes: what is kept costs the upstream nothing, so none of its limits and deadlines is asked.
 */

export interface CallCacheOptions {
  /** The upstream's name. */
  readonly upstream: string;
  /** Base URLs of its targets, without a trailing slash. */
  readonly bases: readonly string[];
  readonly config: UpstreamCacheConfig;
  /** Its header rules: what they take from a caller tells answers apart. */
  readonly rules: HeaderRules;
  readonly store: CacheStore;
  readonly singleFlight: SingleFlight;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function cacheCalls(options: CallCacheOptions): (send: Send) => Send {
  return (send) => new CallCache(options, send).send;
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15.1 | RFC 9110, 15.1 Overview of Status Codes} */
const statuses = [200, 203, 204, 300, 301, 308, 404, 410];

/** How many paths are remembered, and for how many milliseconds, whose answers were not to be kept. */
const unkept = { max: 2000, ttl: 60_000 };

/** A GET, and what is known of it before it is made. */
interface Asked {
  readonly request: UpstreamRequest;
  readonly keys: CallKeys;
  /** What is kept, but may be used only once the upstream says so. */
  readonly stale: Entry | undefined;
}

/** What a call came to, and whether others may have it too. */
interface Outcome {
  readonly response: UpstreamResponse;
  readonly isKept: boolean;
}

interface Begun {
  readonly since: Stamp;
  readonly requestedAt: number;
}

class CallCache {
  readonly #options: CallCacheOptions;
  readonly #send: Send;
  readonly #rules: EntryRules;
  readonly #keying: CallKeying;
  readonly #unkept = new LRUCache<string, true>(unkept);
  /** Requests that have changed something upstream: for them nothing that was kept before is good. */
  readonly #changed = new WeakSet<object>();

  constructor(options: CallCacheOptions, send: Send) {
    const { config } = options;
    const windows = { staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
    this.#options = options;
    this.#send = send;
    this.#rules = { ...config, ...windows, statuses, contentTypes: [] };
    this.#keying = createCallKeying(options);
  }

  readonly send: Send = async (request) => {
    const { method, headers, scope } = request;
    if (method !== 'GET') return method === 'HEAD' ? this.#send(request) : this.#change(request);
    const wishes = readWishes(headers);
    if (wishes?.noStore || asksForPart(request)) return this.#send(request);
    const keys = this.#keying.keysOf(request);
    const finding = this.#find(keys, wishes);
    const entry = (finding instanceof Promise ? await finding : finding)?.entry;
    if (scope && this.#changed.has(scope)) return (await this.#fetch({ request, keys, stale: undefined })).response;
    const asked = { request, keys, stale: entry };
    if (request.call) request.call.cache = 'miss';
    const use = entry ? useOf(entry, this.#options.now(), wishes) : 'validate';
    if (!entry || use === 'validate') return this.#load(asked);
    if (use === 'refresh') this.#refresh(asked);
    if (request.call) {
      request.call.source = 'cache';
      request.call.cache = use === 'refresh' ? 'stale' : 'hit';
    }
    return this.#answerOf(entry);
  };

  /** @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.4 | RFC 9111, 4.4 Invalidating Stored Responses} */
  async #change(request: UpstreamRequest): Promise<UpstreamResponse> {
    const { upstream, bases, store } = this.#options;
    if (request.scope) this.#changed.add(request.scope);
    const response = await this.#send(request);
    if (invalidates(request.method, response.status)) {
      const paths = invalidatedPaths(request.path, response.headers, bases);
      await store.invalidate(paths.map((path) => uriTag(upstream, path)));
    }
    return response;
  }

  /** Of what is kept for this caller and for all: what can be used, else what can be asked about. */
  #find({ own, shared }: CallKeys, wishes: Wishes | undefined): Found | undefined | Promise<Found | undefined> {
    const { store, now } = this.#options;
    const choose = (ofCaller: Found | undefined, ofAll: Found | undefined): Found | undefined => {
      if (!ofCaller || !ofAll) return ofCaller ?? ofAll;
      return useOf(ofCaller.entry, now(), wishes) === 'validate' ? ofAll : ofCaller;
    };
    const first = store.get(own);
    const second = shared === own ? undefined : store.get(shared);
    if (!(first instanceof Promise) && !(second instanceof Promise)) return choose(first, second);
    return Promise.all([first, second]).then(([ofCaller, ofAll]) => choose(ofCaller, ofAll));
  }

  /** Fetches once for all that wait for the same. Whoever may not have what another got fetches for himself. */
  async #load(asked: Asked): Promise<UpstreamResponse> {
    const { request, keys } = asked;
    if (this.#unkept.has(keys.shared)) return (await this.#fetch(asked)).response;
    let isMine = false;
    const flight = this.#options.singleFlight.run(keys.own, () => {
      isMine = true;
      // The others' call does not end with whoever began it; the deadline ends it.
      return this.#fetch({ ...asked, request: { ...request, signal: new AbortController().signal } });
    });
    try {
      const { response, isKept } = await untilAborted(flight, request.signal);
      if (!isMine && isKept && request.call) request.call.source = 'shared';
      if (isMine || isKept) return response;
    } catch (error) {
      // What another was refused, by his own limits perhaps, says nothing of this one.
      if (isMine || request.signal.aborted) throw error;
    }
    return (await this.#fetch(asked)).response;
  }

  /** In the background and for nobody: no limit of a caller is charged. */
  #refresh(asked: Asked): void {
    const { scope: _scope, call: _call, ...request } = asked.request;
    const { signal } = new AbortController();
    const fetching = () => this.#fetch({ ...asked, request: { ...request, signal } });
    this.#options.singleFlight.run(asked.keys.own, fetching).catch(() => {});
  }

  async #fetch(asked: Asked): Promise<Outcome> {
    const { request, stale } = asked;
    const { store, now } = this.#options;
    const begun = { since: store.stamp(), requestedAt: now() };
    const asking = stale && validationFields(stale.headers);
    const headers = asking ? { ...request.headers, ...asking } : request.headers;
    let response: UpstreamResponse;
    try {
      response = await this.#send({ ...request, headers });
    } catch (error) {
      const standIn = isFailure(error) ? this.#standIn(asked) : undefined;
      if (!standIn) throw error;
      return standIn;
    }
    if (errorStatuses.has(response.status)) return this.#standIn(asked) ?? { response, isKept: false };
    if (!stale || !asking || response.status !== 304) return this.#keep(asked, response, begun);
    const { call } = request;
    if (isAbout(stale.headers, response.headers)) {
      if (call?.endedAt === 0) {
        call.source = 'revalidated';
        call.cache = 'revalidated';
      }
      return this.#freshen(asked, { stale, came: response, ...begun });
    }
    if (call?.endedAt === 0) call.attempts += 1;
    return this.#fetch({ ...asked, stale: undefined });
  }

  /** @see {@link https://www.rfc-editor.org/rfc/rfc5861#section-4 | RFC 5861, 4 The stale-if-error Cache-Control Extension} */
  #standIn({ request, stale }: Asked): Outcome | undefined {
    // Whoever has wishes of his own has not wished for this.
    const isWanted = request.headers['cache-control'] === undefined;
    if (!stale || !isWanted || this.#options.now() >= stale.staleIfErrorUntil) return undefined;
    return { response: this.#answerOf(stale), isKept: true };
  }

  #keep(asked: Asked, response: UpstreamResponse, begun: Begun): Outcome {
    const { status, body } = response;
    // The body has been decoded.
    const { 'content-encoding': _coding, ...headers } = response.headers;
    const answer = { status, headers, requestedAt: begun.requestedAt, receivedAt: this.#options.now() };
    const kept = this.#store(asked, { answer, body: () => Buffer.from(body), since: begun.since });
    return { response, isKept: kept !== undefined };
  }

  /** @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.3.4 | RFC 9111, 4.3.4 Freshening Stored Responses upon Validation} */
  #freshen(
    asked: Asked,
    { stale, came, ...begun }: Begun & { readonly stale: Entry; readonly came: UpstreamResponse },
  ) {
    const receivedAt = this.#options.now();
    const { age } = came.headers;
    const fields = freshenedFields(stale.headers, came.headers, receivedAt);
    const answer = {
      status: stale.status,
      headers: { ...fields, ...(age !== undefined && { age }) },
      requestedAt: begun.requestedAt,
      receivedAt,
    };
    const kept = this.#store(asked, { answer, body: () => stale.body, since: begun.since });
    return { response: this.#answerOf(kept ?? { ...stale, headers: fields }), isKept: kept !== undefined };
  }

  /** Keeps an answer for all where it says that it is for all, else for those who send what this caller sends. */
  #store({ request, keys }: Asked, { answer, body, since }: Storing): Entry | undefined {
    const { store, upstream } = this.#options;
    const audience = this.#keying.audienceOf(answer.headers);
    const given = { rules: this.#rules, tags: [`upstream:${upstream}`, uriTag(upstream, request.path)] };
    const headFor = (hasCredentials: boolean): EntryHead | undefined =>
      entryHeadOf({ method: 'GET', hasCredentials, isOfOneCaller: false }, answer, given);
    const isForAll = audience === 'shared' && keys.own !== keys.shared;
    const ofAll = isForAll ? headFor(true) : undefined;
    const head = ofAll ?? (audience === undefined ? undefined : headFor(false));
    if (!head) {
      this.#unkept.set(keys.shared, true);
      store.delete(keys.own);
      return undefined;
    }
    this.#unkept.delete(keys.shared);
    const entry = { ...head, body: body() };
    store.set(ofAll ? keys.shared : keys.own, entry, since);
    return entry;
  }

  #answerOf({ status, headers, body, madeAt }: Entry): UpstreamResponse {
    // RFC 9111, 5.1: who keeps what is made of it reckons with its age.
    const age = String(ageOf({ madeAt }, this.#options.now()));
    return { status, headers: { ...(headers as UpstreamResponse['headers']), age }, body: textOf(body) };
  }
}

interface Storing {
  readonly answer: HttpAnswer;
  readonly body: () => Uint8Array;
  readonly since: Stamp;
}

/** A part, or an answer on conditions of the caller's own, is left to the upstream. */
function asksForPart({ headers }: UpstreamRequest): boolean {
  if (headers['range'] !== undefined) return true;
  for (const name of conditionFields) if (headers[name] !== undefined) return true;
  return false;
}

const failures: ReadonlySet<string> = new Set(['UPSTREAM_UNREACHABLE', 'UPSTREAM_TIMEOUT', 'UPSTREAM_BAD_RESPONSE']);

function isFailure(error: unknown): boolean {
  return error instanceof GatewayError && failures.has(error.code);
}

function textOf(body: Uint8Array): string {
  const bytes = body instanceof Buffer ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.toString('utf8');
}

async function untilAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(abortError(signal));
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([running, promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
