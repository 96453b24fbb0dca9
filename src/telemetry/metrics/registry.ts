import { other, prometheusName, type Definition } from './definition.ts';
import { definitions } from './definitions.ts';
import { KeyTree, type Key } from './key-tree.ts';
import { Amount, Histogram, type Point } from './points.ts';

/** A metric and what was counted of it. */
export interface Family {
  readonly definition: Definition;
  readonly points: readonly Point[];
}

/** Gives values that are read when somebody wants them, each time anew. */
export type Source = (write: Write) => void;

/** @param labels In the order of the definition. */
export type Write = (definition: Definition, labels: readonly string[], value: number) => void;

export interface RegistryOptions {
  /** Label sets of one metric at most; above 0. */
  readonly maxSeries: number;
  /** Upper bounds of histograms of durations, in seconds, ascending. */
  readonly durationBuckets: readonly number[];
}

/**
 * Holds what is counted. A label set becomes a point once, and counting is an addition to that point: whoever counts often
 * keeps it (`Bundles`). Label sets are bounded; beyond that, free labels fold into `_other`.
 */
export class Registry {
  readonly maxSeries: number;
  readonly #durationBuckets: readonly number[];
  readonly #families = new Map<Definition, Points>();
  readonly #sources: Source[] = [];
  #folds = 0;

  constructor({ maxSeries, durationBuckets }: RegistryOptions) {
    this.maxSeries = maxSeries;
    this.#durationBuckets = durationBuckets;
  }

  /** How many look-ups were folded so far, of all metrics. */
  get folds(): number {
    return this.#folds;
  }

  /** The point of a counter, of a sum that also falls, or of a gauge. */
  amount(definition: Definition, labels: readonly string[] = []): Amount {
    return this.#point(definition, labels) as Amount;
  }

  histogram(definition: Definition, labels: readonly string[] = []): Histogram {
    return this.#point(definition, labels) as Histogram;
  }

  /** Tells that something was counted as `_other` that could not be told apart. */
  fold(definition: Definition): void {
    this.#folds += 1;
    this.amount(definitions.folded, [prometheusName(definition)]).add();
  }

  /** Has a source asked at each `collect`. */
  read(source: Source): void {
    this.#sources.push(source);
  }

  /** All that there is to tell, in the order of the definitions; metrics without any point are left out. */
  collect(): readonly Family[] {
    const read = new Map<Definition, Amount[]>();
    const write: Write = (definition, labels, value) => {
      const amount = new Amount(labels);
      amount.value = value;
      const known = read.get(definition);
      if (known) known.push(amount);
      else read.set(definition, [amount]);
    };
    for (const source of this.#sources) source(write);
    const families: Family[] = [];
    for (const definition of Object.values(definitions)) {
      const points = read.get(definition) ?? this.#families.get(definition)?.all;
      if (points && points.length > 0) families.push({ definition, points });
    }
    return families;
  }

  #point(definition: Definition, labels: readonly string[]): Point {
    const family = this.#familyOf(definition);
    const known = family.byLabels.get(keysOf(labels));
    if (known) return known;
    // There are only as many of these as there are metrics.
    if (family.all.length < this.maxSeries || definition === definitions.folded)
      return this.#add(family, definition, labels);
    this.fold(definition);
    const folded = definition.labels.map(({ values }, index) => (values ? (labels[index] ?? '') : other));
    return family.byLabels.get(keysOf(folded)) ?? this.#add(family, definition, folded);
  }

  #add({ all, byLabels }: Points, { bounds }: Definition, labels: readonly string[]): Point {
    const point = bounds
      ? new Histogram(labels, bounds === 'durations' ? this.#durationBuckets : bounds)
      : new Amount(labels);
    all.push(point);
    byLabels.set(keysOf(labels), point);
    return point;
  }

  #familyOf(definition: Definition): Points {
    let family = this.#families.get(definition);
    if (!family) {
      family = { all: [], byLabels: new KeyTree() };
      this.#families.set(definition, family);
    }
    return family;
  }
}

interface Points {
  readonly all: Point[];
  readonly byLabels: KeyTree<Point>;
}

const noLabels: readonly Key[] = [''];

function keysOf(labels: readonly string[]): readonly Key[] {
  return labels.length === 0 ? noLabels : labels;
}

/**
 * Points of several metrics that are counted together, found by one look-up. Those of which any is folded are looked for
 * each time, so that each time is counted, and so that what is kept is bounded.
 */
export class Bundles<K extends readonly Key[], T extends object> {
  readonly #registry: Registry;
  readonly #make: (keys: K) => T;
  readonly #known = new KeyTree<T>();

  constructor(registry: Registry, make: (keys: K) => T) {
    this.#registry = registry;
    this.#make = make;
  }

  get(keys: K): T {
    const known = this.#known.get(keys);
    if (known) return known;
    const { folds, maxSeries } = this.#registry;
    const made = this.#make(keys);
    if (this.#registry.folds === folds && this.#known.size < maxSeries) this.#known.set(keys, made);
    return made;
  }
}
