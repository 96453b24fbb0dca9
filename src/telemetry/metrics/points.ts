/** What is counted for one set of labels. Values of labels stand in the order of the definition; '' for one that is out. */
export class Amount {
  readonly labels: readonly string[];
  value = 0;

  constructor(labels: readonly string[]) {
    this.labels = labels;
  }

  add(amount = 1): void {
    this.value += amount;
  }
}

/** A sampled request that is an example of what a histogram counts. */
export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/** How often values came, by fixed upper bounds. */
export class Histogram {
  readonly labels: readonly string[];
  readonly bounds: readonly number[];
  /** By bucket, not cumulative; the last one is for what is above all bounds. */
  readonly counts: Float64Array;
  sum = 0;
  /** The newest of each bucket; made when the first one comes. */
  exemplars: (Exemplar | undefined)[] | undefined = undefined;

  constructor(labels: readonly string[], bounds: readonly number[]) {
    this.labels = labels;
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** A value that is no number, or below zero, is none: one of them would make the sum useless for good. */
  observe(value: number): void {
    if (!(value >= 0)) return;
    const bucket = this.#bucketOf(value);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += value;
  }

  /** Shows an observation that was made. */
  exemplify(exemplar: Exemplar): void {
    this.exemplars ??= Array.from<undefined>({ length: this.counts.length });
    this.exemplars[this.#bucketOf(exemplar.value)] = exemplar;
  }

  get count(): number {
    let count = 0;
    for (const each of this.counts) count += each;
    return count;
  }

  #bucketOf(value: number): number {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    return bucket;
  }
}

export type Point = Amount | Histogram;
