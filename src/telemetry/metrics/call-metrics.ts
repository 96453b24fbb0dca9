import type { CallRecord, RequestRecord } from '../record.ts';
import type { CacheMetrics } from './cache-metrics.ts';
import { definitions } from './definitions.ts';
import { methodName, statusName } from './names.ts';
import type { Amount, Exemplar, Histogram } from './points.ts';
import { Bundles, type Registry } from './registry.ts';

/** What is counted of all calls to an upstream. */
interface OfUpstream {
  readonly requestSize: Histogram;
  readonly responseSize: Histogram;
  readonly wait: Histogram;
  readonly batch: Histogram;
  readonly retries: Amount;
}

type DurationKeys = readonly [upstream: string, method: string, status: number, error: string];

/** Counts upstream calls, whatever they are made for. */
export class CallMetrics {
  readonly #cache: CacheMetrics;
  readonly #upstreams: Bundles<readonly [string], OfUpstream>;
  readonly #calls: Bundles<readonly [string, CallRecord['kind'], CallRecord['source']], Amount>;
  readonly #durations: Bundles<DurationKeys, Histogram>;

  constructor(registry: Registry, cache: CacheMetrics) {
    this.#cache = cache;
    this.#upstreams = new Bundles(registry, (keys) => ({
      requestSize: registry.histogram(definitions.callRequestSize, keys),
      responseSize: registry.histogram(definitions.callResponseSize, keys),
      wait: registry.histogram(definitions.callWait, keys),
      batch: registry.histogram(definitions.callBatch, keys),
      retries: registry.amount(definitions.retries, keys),
    }));
    this.#calls = new Bundles(registry, (keys) => registry.amount(definitions.calls, keys));
    this.#durations = new Bundles(registry, ([upstream, method, status, error]) =>
      registry.histogram(definitions.callDuration, [upstream, method, statusName(status), error]),
    );
  }

  /** Counts a call that has ended. */
  count(call: CallRecord): void {
    const { upstream, kind, source, cache } = call;
    const of = this.#upstreams.get([upstream]);
    this.#calls.get([upstream, kind, source]).add();
    if (cache) this.#cache.count('call', cache);
    // Only of what this call itself sent is anything to be said.
    if (source === 'cache' || source === 'shared') return;
    this.#durationOf(call).observe(secondsOf(call));
    if (call.sentAt > 0) of.wait.observe((call.sentAt - call.startedAt) / 1000);
    if (call.requestBytes > 0) of.requestSize.observe(call.requestBytes);
    if (call.responseBytes > 0) of.responseSize.observe(call.responseBytes);
    if (call.attempts > 1) of.retries.add(call.attempts - 1);
    if (kind === 'graphql' || kind === 'rest') of.batch.observe(call.batch);
  }

  /** Counts the calls of a request that it tells of; the others are detached. */
  countAll({ calls }: RequestRecord): void {
    for (const call of calls) if (call.endedAt !== 0 && !call.isDetached) this.count(call);
  }

  /** Shows the calls of a sampled request, which were counted. */
  exemplify({ calls }: RequestRecord, traceId: string, time: number): void {
    for (const call of calls) {
      if (call.endedAt === 0 || call.source === 'cache' || call.source === 'shared') continue;
      const exemplar: Exemplar = { traceId, spanId: call.spanId, value: secondsOf(call), time };
      this.#durationOf(call).exemplify(exemplar);
    }
  }

  #durationOf({ upstream, method, status, error }: CallRecord): Histogram {
    return this.#durations.get([upstream, methodName(method), status, error ?? errorOf(status)]);
  }
}

function secondsOf({ startedAt, endedAt }: CallRecord): number {
  return (endedAt - startedAt) / 1000;
}

/** A status below 500 is an answer: that there is no such user is nothing that failed. */
function errorOf(status: number): string {
  return status >= 500 ? statusName(status) : '';
}
