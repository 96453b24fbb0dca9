import type { CacheOutcome } from '../record.ts';
import { definitions } from './definitions.ts';
import type { Amount } from './points.ts';
import { Bundles, type Registry } from './registry.ts';

/** Counts what came of asking caches. */
export class CacheMetrics {
  readonly #lookups: Bundles<readonly [string, CacheOutcome], Amount>;

  constructor(registry: Registry) {
    this.#lookups = new Bundles(registry, (keys) => registry.amount(definitions.cacheLookups, keys));
  }

  count(cache: 'answer' | 'route' | 'call' | 'entity', outcome: CacheOutcome, times = 1): void {
    this.#lookups.get([cache, outcome]).add(times);
  }
}
