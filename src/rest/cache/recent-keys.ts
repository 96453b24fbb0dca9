import { TurnoverMap } from '../../lib/turnover-map.ts';

/** Remembers keys for a while; where there are too many, those that came first are forgotten, half of all at once. */
export class RecentKeys {
  readonly #keptMs: number;
  readonly #maxKeys: number;
  #young = new TurnoverMap<string, number>();
  #old = new TurnoverMap<string, number>();

  /** @param keptMs For how long, in milliseconds. */
  constructor(keptMs: number, maxKeys: number) {
    this.#keptMs = keptMs;
    this.#maxKeys = maxKeys;
  }

  has(key: string, now: number): boolean {
    return now < (this.#young.get(key) ?? this.#old.get(key) ?? 0);
  }

  add(key: string, now: number): void {
    if (this.#young.size * 2 >= this.#maxKeys) {
      this.#old = this.#young;
      this.#young = new TurnoverMap();
    }
    this.#young.set(key, now + this.#keptMs);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
