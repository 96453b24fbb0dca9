import { TurnoverMap } from '../../lib/turnover-map.ts';

/** Which keys have which tag. Holds nothing that was not added, and nothing that was removed. */
export class TagIndex {
  readonly #keys = new TurnoverMap<string, TurnoverMap<string, true>>();

  /** How many tags have keys. */
  get size(): number {
    return this.#keys.size;
  }

  add(tags: readonly string[], key: string): void {
    for (const tag of tags) {
      let keys = this.#keys.get(tag);
      if (keys === undefined) this.#keys.set(tag, (keys = new TurnoverMap()));
      keys.set(key, true);
    }
  }

  remove(tags: readonly string[], key: string): void {
    for (const tag of tags) {
      const keys = this.#keys.get(tag);
      if (keys?.delete(key) && keys.size === 0) this.#keys.delete(tag);
    }
  }

  /** A copy: what it names may be removed while going through it. */
  keysOf(tag: string): readonly string[] {
    const keys = this.#keys.get(tag);
    return keys === undefined ? [] : [...keys.keys()];
  }
}
