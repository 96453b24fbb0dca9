import { splitDurations } from '../durations.ts';
import { faultOf, outcomeOf, type Outcome } from '../outcome.ts';
import type { RequestRecord } from '../record.ts';
import type { CacheMetrics } from './cache-metrics.ts';
import { definitions } from './definitions.ts';
import { codeName, methodName, statusName } from './names.ts';
import { OperationMetrics } from './operation-metrics.ts';
import type { Amount, Exemplar, Histogram } from './points.ts';
import { Bundles, type Registry } from './registry.ts';
import type { lanes } from './values.ts';

type Lane = (typeof lanes)[number];

/** What is counted of requests that went the same way to the same end. */
interface Way {
  readonly duration: Histogram;
  readonly requestSize: Histogram;
  readonly responseSize: Histogram;
  readonly gateway: Histogram;
  readonly upstream: Histogram;
}

export interface RequestMetricsOptions {
  readonly registry: Registry;
  /** Operation names told apart at most. */
  readonly maxOperations: number;
  readonly cache: CacheMetrics;
}

/** Counts requests that begin and end. */
export class RequestMetrics {
  readonly #registry: Registry;
  readonly #operations: OperationMetrics;
  readonly #cache: CacheMetrics;
  /** What began earlier did not raise what its end would lower. */
  readonly #since = performance.now();
  readonly #active: Bundles<readonly [string], Amount>;
  readonly #ways: Bundles<readonly [Lane, string, string, number, Outcome], Way>;
  readonly #errors: Bundles<readonly [string, string], Amount>;
  readonly #authentication: Histogram;
  readonly #parse: Histogram;
  readonly #validate: Histogram;

  constructor({ registry, maxOperations, cache }: RequestMetricsOptions) {
    this.#registry = registry;
    this.#operations = new OperationMetrics({ registry, maxOperations, cache });
    this.#cache = cache;
    this.#active = new Bundles(registry, (keys) => registry.amount(definitions.activeRequests, keys));
    this.#ways = new Bundles(registry, ([lane, method, route, status, outcome]) => ({
      duration: registry.histogram(definitions.requestDuration, [lane, method, statusName(status), route, outcome]),
      requestSize: registry.histogram(definitions.requestSize, [lane, route]),
      responseSize: registry.histogram(definitions.responseSize, [lane, route]),
      gateway: registry.histogram(definitions.gatewayDuration, [lane]),
      upstream: registry.histogram(definitions.upstreamDuration, [lane]),
    }));
    this.#errors = new Bundles(registry, ([code, upstream]) =>
      registry.amount(definitions.errors, [
        codeName(code),
        faultOf(code, upstream === '' ? undefined : upstream),
        upstream,
      ]),
    );
    this.#authentication = registry.histogram(definitions.authenticationDuration);
    this.#parse = registry.histogram(definitions.parseDuration);
    this.#validate = registry.histogram(definitions.validateDuration);
  }

  begin({ method }: RequestRecord): void {
    this.#active.get([methodName(method)]).add();
  }

  /** @param exemplar Names the request's trace, where it is sampled. */
  end(record: RequestRecord, exemplar: Omit<Exemplar, 'value'> | undefined): void {
    const method = methodName(record.method);
    if (record.startedAt >= this.#since) this.#active.get([method]).add(-1);
    if (record.served === 'probe' || record.served === 'metrics') {
      this.#registry.amount(definitions.probeRequests, [record.served, statusName(record.status)]).add();
      return;
    }
    const outcome = outcomeOf(record);
    const way = this.#ways.get([laneOf(record), method, record.route ?? '', record.status, outcome]);
    const { totalMs, gatewayMs, upstreamMs } = splitDurations(record);
    const seconds = totalMs / 1000;
    way.duration.observe(seconds);
    if (exemplar) way.duration.exemplify({ ...exemplar, value: seconds });
    way.gateway.observe(gatewayMs / 1000);
    if (upstreamMs > 0) way.upstream.observe(upstreamMs / 1000);
    if (record.requestBytes > 0) way.requestSize.observe(record.requestBytes);
    if (record.responseBytes > 0) way.responseSize.observe(record.responseBytes);
    this.#countWork(record);
    if (record.cache) this.#cache.count('route', record.cache);
    if (record.keptEntities > 0) this.#cache.count('entity', 'hit', record.keptEntities);
    if (record.missedEntities > 0) this.#cache.count('entity', 'miss', record.missedEntities);
    if (record.errors.length > 0) this.#countErrors(record);
    if (record.runs.length > 0) this.#operations.count(record, { outcome, seconds, exemplar });
  }

  #countWork({ authenticationMs, parseMs, validateMs }: RequestRecord): void {
    if (authenticationMs > 0) this.#authentication.observe(authenticationMs / 1000);
    if (parseMs > 0) this.#parse.observe(parseMs / 1000);
    if (validateMs > 0) this.#validate.observe(validateMs / 1000);
  }

  #countErrors({ errors }: RequestRecord): void {
    for (const { code, upstream } of errors) {
      this.#errors.get([code, upstream ?? '']).add();
      if (isOfCredentials(code)) this.#registry.amount(definitions.authenticationFailures, [code]).add();
    }
  }
}

function isOfCredentials(code: string): boolean {
  return code.startsWith('CREDENTIALS_') || code === 'IDENTITY_UNAVAILABLE';
}

function laneOf({ served, runs }: RequestRecord): Lane {
  if (served === 'graphql') return runs[0]?.operation.type === 'subscription' ? 'subscription' : 'graphql';
  return served === 'rest' || served === 'page' ? served : 'none';
}
