import type { ExecutionResult, GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { CacheStore, Entry, Found, SharedResult, SingleFlight } from '../../cache/types.ts';
import type { ExaminedOperation } from '../../compiled/admission.ts';
import type { AnswerCache, AskedAnswer, Run } from '../../compiled/answer-cache.ts';
import type { Variables } from '../../compiled/entry.ts';
import type { CacheHints } from '../../composition/cache-hints/cache-hints.ts';
import type { GraphqlCacheConfig } from '../../config/cache-types.ts';
import { invalidTagsOf } from '../../operation/cache-policy/entity-tags.ts';
import type { VaryOf } from '../../upstream/vary.ts';
import { answerKey } from './answer-key.ts';
import { examineOperation, varyingOf, type Examined, type ExamineParts, type Varying } from './examine.ts';
import { Flights } from './flights.ts';
import { mayBeKept, mayBeShared, tellsOutage } from './kept-errors.ts';
import { AnswerEntry, type Returned, type Times } from './answer-entry.ts';
import { resultOf, resultOfRun, returnedBy, staleResultOf, type Result, type Sending } from './kept-result.ts';
import { Lifetimes } from './lifetimes.ts';
import { Rules, type Entity } from './rules.ts';
import { detachedScope, Watch } from './run-watch.ts';

export interface ResponseCacheParts extends Omit<ExamineParts, 'credentialHeaders'> {
  readonly config: GraphqlCacheConfig;
  readonly schema: GraphQLSchema;
  /** Hash of the supergraph: of the audience's, where there are audiences. */
  readonly supergraph: string;
  readonly hints: CacheHints;
  readonly varyOf: VaryOf;
  /** Client headers that credentials may come in, in lower case: other caches tell answers apart by them. Default `authorization`. */
  readonly credentialHeaders?: readonly string[];
  readonly store: CacheStore;
  readonly singleFlight: SingleFlight;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Keeps answers of queries, and makes them invalid by mutations. What an answer depends on is in its key, or it is not kept:
 * the operation, its variables, what is masked, what of the caller goes upstream, and the caller where it touches anything
 * private.
 */
export function createResponseCache(parts: ResponseCacheParts): AnswerCache<Examined> {
  const cache = new ResponseCache(parts);
  return {
    examine: (given) => cache.examine(given),
    answer: (examined, asked, run) => cache.answer(examined, asked, run),
  };
}

/** One request for an answer that may be kept. */
interface Asking {
  readonly examined: Examined;
  readonly asked: AskedAnswer;
  readonly values: Variables;
  readonly run: Run;
  readonly key: string;
  readonly varying: Varying;
  readonly isPrivate: boolean;
  readonly maxAgeMs: number;
}

/** What came of a run that several may wait for. */
interface Made {
  /** Whose run it was; undefined where another instance has made the entry. */
  readonly asking: Asking | undefined;
  /** Undefined where another instance has made the entry. */
  readonly result: ExecutionResult | undefined;
  /** Undefined where it was not kept. */
  readonly entry: Entry | undefined;
  readonly returned: Returned | undefined;
  /** Whether all that wait may have it. */
  readonly isForAll: boolean;
  /** How many mutations had ended when it began. */
  readonly writes: number;
}

/** How long it is remembered that what a key stands for cannot be kept, so that nobody waits for others in vain. */
const passMs = 10_000;

class ResponseCache {
  readonly #parts: ExamineParts & Pick<ResponseCacheParts, 'config' | 'store' | 'singleFlight' | 'now'>;
  readonly #rules: Rules;
  readonly #any: Varying;
  readonly #lifetimes: Lifetimes;
  readonly #flights = new Flights<Made>();
  /** Keys of what cannot be kept, until when that counts. */
  readonly #passes = new LRUCache<string, number>({ max: 1000 });
  /** Mutations that have ended. */
  #writes = 0;

  constructor({ credentialHeaders = ['authorization'], ...parts }: ResponseCacheParts) {
    const { schema, hints, config } = parts;
    this.#parts = { ...parts, credentialHeaders };
    this.#any = varyingOf(undefined, this.#parts);
    const mayKeepErrors = config.partial ? mayBeKept : (): boolean => false;
    this.#rules = new Rules({ schema, hints: hints.hints, mayKeepErrors });
    this.#lifetimes = new Lifetimes(this.#rules);
  }

  examine(given: ExaminedOperation): Examined | undefined {
    const { operation } = given.node;
    const { config, hints } = this.#parts;
    // No hint, no caching.
    const counts = operation === 'mutation' ? config.invalidatesByMutations : hints.hints.size > 0;
    if (operation === 'subscription' || !counts) return undefined;
    return examineOperation(given, this.#parts);
  }

  answer(examined: Examined, asked: AskedAnswer, run: Run): Promise<Result> {
    const { values, scope, masked } = asked;
    if (!values) return run();
    if (examined.kind === 'mutation') return this.#mutate(examined, values, run);
    const { policy } = examined;
    const maxAgeMs = policy.maxAge(values) * 1000;
    if (maxAgeMs <= 0) return run();
    const isPrivate = policy.isPrivate(values);
    // Strangers are no caller whose answer it could be.
    if (isPrivate && scope.caller.id === undefined) return run();
    const varying = masked.length === 0 ? examined.whole : this.#any;
    const vary = varying.valueOf(scope);
    const { variables: names } = examined;
    const isPlain = names.length === 0 && vary === '' && masked.length === 0 && !isPrivate;
    const key = isPlain
      ? examined.plainKey
      : answerKey(examined.key, { names, values, masked, vary, caller: isPrivate ? scope.caller : undefined });
    const asking: Asking = { examined, asked, values, run, key, varying, isPrivate, maxAgeMs };
    const { store, singleFlight } = this.#parts;
    // What is not kept is run by each for itself.
    const claims = singleFlight.claims && this.#isPassed(key) ? undefined : singleFlight.claims;
    const found = store.get(key, claims);
    return found instanceof Promise ? found.then((each) => this.#settle(asking, each)) : this.#settle(asking, found);
  }

  #settle(asking: Asking, found: Found | undefined): Promise<Result> {
    if (!found) return this.#miss(asking, undefined);
    const { entry } = found;
    const now = this.#parts.now();
    if (now < entry.freshUntil) return Promise.resolve(resultOf(entry, this.#sendingOf(asking, now), 'hit'));
    if (now < entry.staleUntil) {
      this.#refresh(asking);
      return Promise.resolve(resultOf(entry, this.#sendingOf(asking, now), 'stale'));
    }
    return this.#miss(asking, now < entry.staleIfErrorUntil ? entry : undefined);
  }

  /** Runs once in the background, for nobody in particular. */
  #refresh(asking: Asking): void {
    const { key } = asking;
    if (this.#isPassed(key) || this.#flights.has(key)) return;
    this.#flights
      .join(key, undefined, (signal) => this.#makeOnce(asking, signal))
      .catch(() => {
        // What could not be had is asked for again by the next request, which hears why.
      });
  }

  async #miss(asking: Asking, stale: Entry | undefined): Promise<Result> {
    const { key, run, asked } = asking;
    if (this.#isPassed(key)) return run();
    const writes = this.#writes;
    // A run that began before a mutation which this client may know of shows what was before: the next one is waited for.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const made = await this.#flights.join(key, asked.scope.signal, (signal) => this.#makeOnce(asking, signal));
      const isOwn = made.asking === asking;
      if (!isOwn && !made.isForAll) break;
      if (isOwn || made.writes >= writes)
        return this.#deliver(asking, made, writes === this.#writes ? stale : undefined);
    }
    return run();
  }

  #deliver(asking: Asking, { result, entry, returned }: Made, stale: Entry | undefined): Result {
    const now = this.#parts.now();
    const sending = this.#sendingOf(asking, now);
    if (entry) return result ? resultOfRun(result, entry, sending) : resultOf(entry, sending, 'hit');
    if (!result) throw new TypeError('a run gives a result or an entry');
    if (stale && now < stale.staleIfErrorUntil && result.errors && tellsOutage(result.errors)) {
      return staleResultOf(stale, sending);
    }
    if (returned) asking.asked.scope.responseHeaders.collect(returned);
    return result;
  }

  /** How instances find what one of them has made. */
  #sharedBy(key: string): SharedResult<Made> {
    const { store, now } = this.#parts;
    const read = (found: Found | undefined): Made | undefined =>
      found && now() < found.entry.freshUntil
        ? {
            asking: undefined,
            result: undefined,
            entry: found.entry,
            returned: {},
            isForAll: true,
            writes: this.#writes,
          }
        : undefined;
    return {
      lookAgain: () => {
        const found = store.get(key);
        return found instanceof Promise ? found.then(read) : read(found);
      },
      written: () => store.written(key),
    };
  }

  /** Once at a time over instances, too, where they can be reached. */
  #makeOnce(asking: Asking, signal: AbortSignal): Promise<Made> {
    const { key } = asking;
    const { singleFlight } = this.#parts;
    if (!singleFlight.spansInstances) return this.#make(asking, signal);
    return singleFlight.run(key, () => this.#make(asking, signal), this.#sharedBy(key));
  }

  async #make(asking: Asking, signal: AbortSignal): Promise<Made> {
    const { asked, run, key, varying, isPrivate } = asking;
    const { store, config } = this.#parts;
    const { obeysUpstreams } = config;
    const writes = this.#writes;
    const since = store.stamp();
    const watch = new Watch({ vary: varying, isPrivate, obeysUpstreams });
    const scope = detachedScope(asked.scope, watch, signal);
    const result = await run(scope);
    const returned = returnedBy(scope.responseHeaders);
    const entry = watch.mayKeep ? this.#entryOf(asking, { result, returned, freshMs: watch.freshMs }) : undefined;
    if (entry) {
      store.set(key, entry, since, this.#parts.singleFlight.claims);
      entry.forgetData();
    }
    if (!watch.mayKeep) this.#passes.set(key, this.#parts.now() + passMs);
    const isForAll = watch.mayKeep && (!result.errors || mayBeShared(result.errors));
    return { asking, result, entry, returned, isForAll, writes };
  }

  /** Undefined where it is not to be kept. */
  #entryOf(asking: Asking, { result, returned, freshMs }: Ran): AnswerEntry | undefined {
    const { examined, values, asked, key, isPrivate, maxAgeMs } = asking;
    const { data, errors, extensions } = result;
    if (!data || extensions !== undefined) return undefined;
    const session = isPrivate ? asked.scope.caller.id : undefined;
    const ttlMs = this.#lifetimes.of(examined, { key, errors, session, maxAgeMs: Math.min(maxAgeMs, freshMs) });
    if (ttlMs <= 0) return undefined;
    const { policy } = examined;
    const tagsOf = (given: unknown): readonly string[] => policy.answerTags(given, values);
    return new AnswerEntry({ result, returned, times: this.#timesOf(ttlMs), tagsOf });
  }

  #timesOf(ttlMs: number): Times {
    const { staleWhileRevalidateMs, staleIfErrorMs } = this.#parts.config;
    const madeAt = this.#parts.now();
    const freshUntil = madeAt + ttlMs;
    return {
      ...{ madeAt, freshUntil },
      staleUntil: freshUntil + staleWhileRevalidateMs,
      staleIfErrorUntil: freshUntil + staleIfErrorMs,
    };
  }

  /** Also where it failed halfway: what it tells of may have changed. */
  async #mutate({ policy, document }: Examined, values: Variables, run: Run): Promise<ExecutionResult> {
    const result = await run();
    const { data, errors } = result;
    const found = policy.collectEntities(data, values);
    const entities = this.#rules.judgeMutation({ document, errors, entities: found });
    this.#writes += 1;
    await this.#parts.store.invalidate([
      ...new Set([...policy.invalidates(data, values), ...entities.flatMap(invalidTags)]),
    ]);
    return result;
  }

  #isPassed(key: string): boolean {
    if (this.#passes.size === 0) return false;
    const until = this.#passes.get(key);
    return until !== undefined && this.#parts.now() < until;
  }

  #sendingOf({ key, asked, varying, isPrivate }: Asking, now: number): Sending {
    const { scope, run } = asked;
    return { key, store: this.#parts.store, scope, run, vary: varying.text, isPrivate, now };
  }
}

interface Ran {
  readonly result: ExecutionResult;
  readonly returned: Returned | undefined;
  readonly freshMs: number;
}

function invalidTags(entity: Entity): readonly string[] {
  return invalidTagsOf(known(entity));
}

function known({ typename, id }: Entity): { readonly typename: string; readonly id?: string } {
  return id === undefined ? { typename } : { typename, id: String(id) };
}
