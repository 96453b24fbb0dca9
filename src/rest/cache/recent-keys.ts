import { TurnoverMap } from '../../lib/turnover-map.ts';

/** Remembers keys for a while; the oldest are forgotten where there are too many. */
export class RecentKeys {
  readonly #until = new TurnoverMap<string, number>();
  readonly #keptMs: number;
  readonly #maxKeys: number;

  /** @param keptMs For how long, in milliseconds. */
  constructor(keptMs: number, maxKeys: number) {
    this.#keptMs = keptMs;
    this.#maxKeys = maxKeys;
  }

  has(key: string, now: number): boolean {
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#until.delete(key);
    return false;
  }

  add(key: string, now: number): void {
    this.#until.delete(key);
    this.#until.set(key, now + this.#keptMs);
    if (this.#until.size <= this.#maxKeys) return;
    const [oldest] = this.#until.keys();
    if (oldest !== undefined) this.#until.delete(oldest);
  }

  delete(key: string): void {
    this.#until.delete(key);
  }
}
