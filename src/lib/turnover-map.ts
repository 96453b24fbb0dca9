/**
 * A map for entries that come and go by the thousand a second, as requests do, while the map itself stays.
 *
 * A `Map` of V8 that makes room for itself leaves its former table behind, which still points to the new one. Once such a
 * table is old, the quick collections of young objects take it for alive: every entry that ever stood in the map at such a
 * moment is kept until the next full collection, and collecting costs several times as much. So the entries move to a new
 * `Map` from time to time, to which no former table points.
 */
export class TurnoverMap<K, V> {
  #map = new Map<K, V>();
  #setsLeft = minSets;

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  set(key: K, value: V): void {
    this.#setsLeft -= 1;
    if (this.#setsLeft === 0) {
      this.#map = new Map(this.#map);
      this.#setsLeft = Math.max(minSets, this.#map.size);
    }
    this.#map.set(key, value);
  }

  delete(key: K): boolean {
    return this.#map.delete(key);
  }

  /** In the order in which they came. Not to be held while entries come. */
  keys(): Iterable<K> {
    return this.#map.keys();
  }
}

/** As many entries come before a move at least, so that moving costs next to nothing. */
const minSets = 256;
