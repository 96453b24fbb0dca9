import type { FieldInUpstream, JoinGraph } from '../composition/join-graph/types.ts';
import { nothing, type Option, type Picked, type Place, type Solution, type Want } from './choice.ts';
import { compareCosts, free, together, type Cost } from './cost.ts';
import type { Budget } from './budget.ts';
import { PlanDeclined } from './errors.ts';
import { optionsAt } from './options.ts';
import { wantsAt } from './places.ts';

export interface SearchInput {
  readonly graph: JoinGraph;
  /** Labels of progressive overrides that are set. */
  readonly overrideLabels: ReadonlySet<string>;
  readonly budget: Budget;
  /** How messages call the operation. */
  readonly operation: string;
}

/**
 * Finds for every wanted field the cheapest way to get it, from where the object is known. What was found for a
 * selection at a type of an upstream is kept, so the work grows with the operation and not with the number of ways.
 */
export class Search {
  readonly graph: JoinGraph;
  /** Never calls another upstream: finds what comes with an object as it is. Itself, where this is that search. */
  readonly flat: Search;
  readonly #input: SearchInput;
  readonly #found = new Map<string, Solution>();
  readonly #running = new Map<string, number>();
  readonly #ids = new Map<object, number>();
  /** How far out the outermost running search is that a circle was cut at. */
  #cutAt = Infinity;

  constructor(input: SearchInput, around?: Search) {
    this.graph = input.graph;
    this.#input = input;
    this.flat = around ? this : new Search(input, this);
  }

  /** Counts one way that is looked at. */
  step(): void {
    this.#input.budget.spendStep(this.#input.operation);
  }

  /** Whether the upstream resolves the field now: not external, and its override label as it must be. */
  isResolved(field: FieldInUpstream | undefined): field is FieldInUpstream {
    if (!field || field.external) return false;
    if (field.hasContextArguments) {
      throw new PlanDeclined('UNSUPPORTED', `${this.#input.operation} uses a field with @fromContext arguments`);
    }
    return !field.label || this.#input.overrideLabels.has(field.label.name) === field.label.active;
  }

  solve(wants: readonly Want[], place: Place): Solution {
    if (wants.length === 0) return nothing;
    const key = `${this.#idOf(wants)}|${place.upstream}|${place.type}|${place.provided ? this.#idOf(place.provided) : ''}`;
    const known = this.#found.get(key);
    if (known) return known;
    const runningAt = this.#running.get(key);
    if (runningAt !== undefined) {
      this.#cutAt = Math.min(this.#cutAt, runningAt);
      return { ...nothing, missing: wants };
    }
    return this.#solveNew(key, wants, place);
  }

  /** A result that a circle further out was cut in is not the last word, so it is not kept. */
  #solveNew(key: string, wants: readonly Want[], place: Place): Solution {
    const depth = this.#running.size;
    const outer = this.#cutAt;
    this.#running.set(key, depth);
    this.#cutAt = Infinity;
    const solution = pick(this, wants, place);
    this.#running.delete(key);
    const isFinal = this.#cutAt >= depth;
    if (isFinal) this.#found.set(key, solution);
    this.#cutAt = Math.min(outer, isFinal ? Infinity : this.#cutAt);
    return solution;
  }

  #idOf(value: object): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    this.#ids.set(value, this.#ids.size);
    return this.#ids.size - 1;
  }
}

interface Item {
  readonly want: Want;
  readonly options: readonly Option[];
}

/**
 * One way for each want, so that all together are cheap: first those without a choice, then the others, each beside what
 * was chosen before; then every choice is looked at once more beside all others.
 */
function pick(search: Search, wants: readonly Want[], place: Place): Solution {
  const { items, missing } = itemsOf(search, wants, place);
  const chosen = new Map<Item, Option>();
  let total: Cost = free;
  for (const item of items.toSorted((a, b) => Math.min(a.options.length, 2) - Math.min(b.options.length, 2))) {
    const option = cheapest(item.options, total);
    chosen.set(item, option);
    total = together(total, option.cost);
  }
  for (const item of items) {
    if (item.options.length < 2) continue;
    const others = [...chosen].reduce((sum, [other, { cost }]) => (other === item ? sum : together(sum, cost)), free);
    chosen.set(item, cheapest(item.options, others));
  }
  const picked = items.flatMap((item): readonly Picked[] => {
    const option = chosen.get(item);
    return option ? [{ want: item.want, choice: option.choice }] : [];
  });
  return { cost: [...chosen.values()].reduce((sum, { cost }) => together(sum, cost), free), picked, missing };
}

function cheapest(options: readonly Option[], beside: Cost): Option {
  let best: Option | undefined;
  let bestCost: Cost | undefined;
  for (const option of options) {
    const cost = together(beside, option.cost);
    if (bestCost && compareCosts(bestCost, cost) <= 0) continue;
    best = option;
    bestCost = cost;
  }
  if (!best) throw new RangeError('there must be at least one option');
  return best;
}

/** Wants with the ways that give them whole; one that no upstream gives whole, or not as fast, is taken in parts. */
function itemsOf(search: Search, wants: readonly Want[], place: Place): { items: Item[]; missing: Want[] } {
  const items: Item[] = [];
  const missing: Want[] = [];
  for (const { want, at } of wantsAt(search, wants, place)) {
    const options = optionsAt(search, want, at);
    const whole = options.filter((option) => option.missing.length === 0);
    const parts = partsOf(search, want, { at, whole, options });
    if (parts) {
      items.push(...parts.items);
      missing.push(...parts.missing);
    } else if (whole.length > 0) items.push({ want, options: whole });
    else missing.push(want);
  }
  return { items, missing };
}

interface Ways {
  readonly at: Place;
  readonly options: readonly Option[];
  /** Options that give everything. */
  readonly whole: readonly Option[];
}

interface Parts {
  readonly items: readonly Item[];
  readonly missing: readonly Want[];
}

/**
 * A want taken from several upstreams, each giving some of the fields below it; null where that is of no use. Objects
 * and list items are then merged, which `@shareable` promises to be the same. Never for mutations and subscriptions: they run once.
 */
function partsOf(search: Search, want: Want, { at, whole, options }: Ways): Parts | null {
  const { mutation, subscription } = search.graph.roots;
  const isOnce = at.type === mutation || at.type === subscription;
  if (options.length === 0 || isOnce || !want.fields) return null;
  if (whole.length === 0) return cover(want, (rest) => optionsAt(search, rest, at));
  const best = cheapest(whole, free);
  if (best.cost.waves.length < 2 || options.length < 2 || search.flat === search) return null;
  const parts = cover(want, (rest) => optionsAt(search, rest, at, search.flat));
  const cost = parts.items.reduce((sum, item) => together(sum, cheapest(item.options, free).cost), free);
  return parts.missing.length === 0 && cost.waves.length < best.cost.waves.length ? parts : null;
}

/** Takes the most complete way first, then the best one for what is left, until nothing more comes. */
function cover(want: Want, optionsFor: (rest: Want) => readonly Option[]): Parts {
  const items: Item[] = [];
  let rest = want;
  for (;;) {
    const part = mostComplete(optionsFor(rest));
    if (!part) return { items, missing: [rest] };
    items.push({ want: rest, options: [part] });
    if (part.missing.length === 0) return { items, missing: [] };
    rest = { ...rest, fields: part.missing };
  }
}

function mostComplete(options: readonly Option[]): Option | undefined {
  let best: Option | undefined;
  for (const option of options) {
    const order = best ? countLeaves(option.missing) - countLeaves(best.missing) : -1;
    if (!best || order < 0 || (order === 0 && compareCosts(option.cost, best.cost) < 0)) best = option;
  }
  return best;
}

function countLeaves(wants: readonly Want[]): number {
  return wants.reduce((sum, { fields }) => sum + (fields ? countLeaves(fields) : 1), 0);
}
