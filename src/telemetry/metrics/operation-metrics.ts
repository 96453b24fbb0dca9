import type { OperationRun, RequestRecord } from '../record.ts';
import type { Outcome } from '../outcome.ts';
import type { CacheMetrics } from './cache-metrics.ts';
import { definitions } from './definitions.ts';
import { codeName, OperationNames } from './names.ts';
import type { Amount, Exemplar, Histogram } from './points.ts';
import { Bundles, type Registry } from './registry.ts';

/** How the request of an operation ended. */
interface Ended {
  readonly outcome: Outcome;
  readonly seconds: number;
  readonly exemplar: Omit<Exemplar, 'value'> | undefined;
}

interface OperationMetricsOptions {
  readonly registry: Registry;
  /** Operation names told apart at most. */
  readonly maxOperations: number;
  readonly cache: CacheMetrics;
}

/** Counts the GraphQL operations of requests. */
export class OperationMetrics {
  readonly #registry: Registry;
  readonly #cache: CacheMetrics;
  readonly #names: OperationNames;
  readonly #durations: Bundles<readonly [string, string, Outcome], Histogram>;
  readonly #engines: Readonly<Record<'compiled' | 'stitched' | 'none', Amount>>;
  readonly #planHits: Amount;
  readonly #planMisses: Amount;
  readonly #planDuration: Histogram;
  readonly #estimatedCost: Histogram;
  readonly #actualCost: Histogram;
  readonly #batch: Histogram;

  constructor({ registry, maxOperations, cache }: OperationMetricsOptions) {
    this.#registry = registry;
    this.#cache = cache;
    this.#names = new OperationNames(maxOperations, () => registry.fold(definitions.operationDuration));
    this.#durations = new Bundles(registry, (keys) => registry.histogram(definitions.operationDuration, keys));
    const engine = (name: string): Amount => registry.amount(definitions.operations, [name]);
    this.#engines = { compiled: engine('compiled'), stitched: engine('stitched'), none: engine('none') };
    this.#planHits = registry.amount(definitions.planLookups, ['hit']);
    this.#planMisses = registry.amount(definitions.planLookups, ['miss']);
    this.#planDuration = registry.histogram(definitions.planDuration);
    this.#estimatedCost = registry.histogram(definitions.operationCost, ['estimated']);
    this.#actualCost = registry.histogram(definitions.operationCost, ['actual']);
    this.#batch = registry.histogram(definitions.batchSize);
  }

  count({ runs, errors, batchSize }: RequestRecord, ended: Ended): void {
    for (const run of runs) this.#countRun(run, ended);
    if (batchSize > 0) this.#batch.observe(batchSize);
    const first = runs[0];
    if (errors.length === 0 || !first) return;
    const name = runs.length === 1 ? this.#names.nameOf(first.operation.name) : '_batch';
    for (const { code } of errors) this.#registry.amount(definitions.operationErrors, [name, codeName(code)]).add();
  }

  #countRun({ operation, engine, cache, planMs, estimatedCost, actualCost }: OperationRun, ended: Ended): void {
    const { outcome, seconds, exemplar } = ended;
    const duration = this.#durations.get([this.#names.nameOf(operation.name), operation.type, outcome]);
    duration.observe(seconds);
    if (exemplar) duration.exemplify({ ...exemplar, value: seconds });
    this.#engines[engine ?? 'none'].add();
    if (cache) this.#cache.count('answer', cache);
    if (planMs > 0) {
      this.#planMisses.add();
      this.#planDuration.observe(planMs / 1000);
    } else if (engine === 'compiled') this.#planHits.add();
    if (estimatedCost !== undefined) this.#estimatedCost.observe(estimatedCost);
    if (actualCost !== undefined) this.#actualCost.observe(actualCost);
  }
}
