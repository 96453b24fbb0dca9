import type { GraphQLResolveInfo } from 'graphql';
import { getGraphQLRateLimiter, Store } from 'graphql-rate-limit';
import type { LimitsConfig } from '../config/limit-types.ts';
import { boundedIdentity, textOfValue, valueAt } from './field-identity.ts';
import type { Charge, Decision, Limit, Outcome } from './types.ts';

/**
 * Limits of single fields: `graphql-rate-limit` says whose use of what a call is, its store asks our limiter. All that one
 * request asks for is charged by one call, together with the request's other limits: first the charges are collected, then
 * what came of them is settled. The package's own stores lose count under load, and are not used.
 */

/** A limit of one field, as `@rateLimit` says it. */
export interface FieldLimitRule {
  /** `Type.field`. */
  readonly coordinate: string;
  readonly max: number;
  readonly windowMs: number;
  /** As it is written. */
  readonly window: string;
  /** Arguments, or fields of theirs (`input.id`), whose values are counted each for itself. */
  readonly identityArgs: readonly string[];
  /** A list argument: a call counts as often as it has items, at least once. */
  readonly arrayLengthField: string | undefined;
  /** What clients read. */
  readonly message: string | undefined;
}

/** One use of a limited field in a request. */
export interface FieldUse {
  /** Of the limit. */
  readonly number: number;
  /** Coerced values of the arguments that the limit looks at. */
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** A limit that a request has used up. All uses of its field go with it. */
export interface LimitedField {
  readonly number: number;
  readonly coordinate: string;
  /** What the package says of it: the directive's message, or a sentence with the coordinate. */
  readonly message: string;
  readonly outcome: Outcome;
}

/** What clients read of a limited field. */
export interface LimitedFieldRefusal {
  /** The directive's message; undefined where it has none. */
  readonly message: string | undefined;
  readonly exposed: { readonly rateLimit: ExposedLimit };
}

interface ExposedLimit {
  /** Its name. */
  readonly limit: string;
  readonly max: number;
  readonly windowMs: number;
  /** In seconds, an integer of 1 or more. */
  readonly retryAfter: number;
}

export interface FieldCharges {
  /** No two have the same limit and key. All are `skip`: what is used up is masked, and the rest of the request runs. */
  readonly charges: readonly Charge[];
  /**
   * The limits that are used up, by number, ascending; those that are only measured are not among them.
   *
   * @param decision What came of `charges`; it may tell of others too.
   */
  readonly settle: (decision: Decision) => Promise<readonly LimitedField[]>;
}

export interface FieldLimiting {
  /**
   * What a request has to be charged for its fields. To be called only where it uses some: `uses` must not be empty.
   *
   * @param caller Whose use it is: any text.
   */
  readonly collect: (uses: readonly FieldUse[], caller: string) => FieldCharges;
  readonly refusalOf: (field: LimitedField) => LimitedFieldRefusal;
}

export interface FieldLimitingParts {
  readonly limits: readonly FieldLimitRule[];
  /** Number of the first of them. */
  readonly firstLimit: number;
  readonly config: LimitsConfig['fields'];
}

/** Makes the limits of a schema's fields ready; undefined where there are none, or they are off. */
export function createFieldLimiting({ limits, firstLimit, config }: FieldLimitingParts): FieldLimiting | undefined {
  const { mode } = config;
  if (limits.length === 0 || mode === 'off') return undefined;
  const counted = limits.map((rule): Counted => ({
    rule,
    limit: limitOf(rule, { ...config, mode }),
    ...argumentsOf(rule),
  }));
  return {
    collect: (uses, caller) => {
      const collecting = new Collecting(caller);
      for (const use of uses) {
        const of = counted[use.number - firstLimit];
        if (!of) throw new TypeError(`expected the number of a field limit, but got: ${use.number}`);
        collecting.add(use, of);
      }
      return collecting.charges();
    },
    refusalOf: ({ number, outcome }) => {
      const { max = 0, windowMs = 0, message } = counted[number - firstLimit]?.rule ?? {};
      const retryAfter = Math.max(1, Math.ceil(outcome.retryAfterMs / 1000));
      return { message, exposed: { rateLimit: { limit: outcome.charge.limit.name, max, windowMs, retryAfter } } };
    },
  };
}

interface Counted {
  readonly rule: FieldLimitRule;
  readonly limit: Limit;
  /** Where the values are found that tell calls apart. */
  readonly paths: readonly (readonly string[])[];
  /** What they are called for the package. No argument has such a name, so none is taken for another. */
  readonly names: readonly string[];
}

function argumentsOf({ identityArgs }: FieldLimitRule): Pick<Counted, 'paths' | 'names'> {
  return { paths: identityArgs.map((path) => path.split('.')), names: identityArgs.map((_, index) => String(index)) };
}

/** Several limits of one field, of which one may be changed later: its name says all that it counts by. */
function limitOf(
  { coordinate, max, windowMs, window, identityArgs, arrayLengthField }: FieldLimitRule,
  { mode, algorithm: kind, onOutage }: LimitsConfig['fields'] & { readonly mode: Limit['mode'] },
): Limit {
  const by = [...identityArgs, ...(arrayLengthField === undefined ? [] : [`${arrayLengthField}.length`])];
  return {
    name: `@rateLimit ${coordinate} ${max}/${window.replaceAll(' ', '')}${by.length > 0 ? ` by ${by.join()}` : ''}`,
    algorithm: kind === 'token-bucket' ? { kind, max, windowMs, burst: max } : { kind, max, windowMs },
    mode,
    onOutage,
  };
}

// Whether there is room is for our limiter to say: the package hears of it by a list of calls, of which it copies all. So it
// is told of no more than these.
const most = 16;
const noCalls: readonly number[] = Object.freeze([]);
/** None of these calls is ever long enough ago. */
const tooManyCalls: readonly number[] = Object.freeze(Array.from({ length: most }, () => Infinity));

/** What the package knows a use by. */
interface Context {
  readonly charge: (fieldIdentity: string) => Promise<readonly number[]>;
}

class ChargingStore extends Store {
  override getForIdentity({ contextIdentity, fieldIdentity }: Parameters<Store['getForIdentity']>[0]) {
    // What `identifyContext` gives comes here as it is.
    return (contextIdentity as unknown as Context).charge(fieldIdentity);
  }

  override setForIdentity(): never {
    throw new TypeError('nothing must be written: to charge is one step');
  }
}

const limiter = getGraphQLRateLimiter({
  identifyContext: (context) => context as string,
  store: new ChargingStore(),
  formatError: ({ fieldName }) => `"${fieldName}" was asked for too often.`,
});

/** Uses that are counted together. */
interface Together {
  readonly limit: Limit;
  readonly key: string;
  amount: number;
  readonly calls: PromiseWithResolvers<readonly number[]>;
  outcome: Outcome | undefined;
}

interface Verdict {
  readonly number: number;
  readonly coordinate: string;
  readonly together: () => Together | undefined;
  /** Undefined where there was room. */
  readonly message: Promise<string | undefined>;
}

class Collecting {
  readonly #caller: string;
  readonly #all = new Map<string, Together>();
  readonly #verdicts: Verdict[] = [];

  constructor(caller: string) {
    this.#caller = caller;
  }

  add({ number, arguments: given }: FieldUse, { rule, limit, paths, names }: Counted): void {
    const { coordinate, max, window, arrayLengthField, message } = rule;
    const shownMax = Math.min(max, most);
    const amount = arrayLengthField === undefined ? 1 : lengthOf(given[arrayLengthField]);
    const args: Record<string, unknown> = {};
    for (const [index, path] of paths.entries()) args[index] = textOfValue(valueAt(given, path));
    if (arrayLengthField !== undefined) args[arrayLengthField] = { length: Math.min(amount, shownMax) };
    let together: Together | undefined;
    const charge: Context['charge'] = (fieldIdentity) => {
      together = this.#together(number, limit, fieldIdentity);
      together.amount += amount;
      return together.calls.promise;
    };
    const asked = limiter(
      { parent: {}, args, context: { charge }, info: { fieldName: coordinate } as GraphQLResolveInfo },
      {
        ...{ max: shownMax, window, identityArgs: names, readOnly: true },
        ...(arrayLengthField !== undefined && { arrayLengthField }),
        ...(message !== undefined && { message }),
      },
    );
    this.#verdicts.push({ number, coordinate, together: () => together, message: asked });
  }

  #together(number: number, limit: Limit, fieldIdentity: string): Together {
    const id = `${number} ${fieldIdentity}`;
    const known = this.#all.get(id);
    if (known) return known;
    // An identity says itself where it ends, so no caller's name can continue it.
    const key = `${boundedIdentity(fieldIdentity)} ${this.#caller}`;
    const calls = Promise.withResolvers<readonly number[]>();
    const made = { limit, key, amount: 0, calls, outcome: undefined };
    this.#all.set(id, made);
    return made;
  }

  charges(): FieldCharges {
    const all = new Map<Charge, Together>();
    for (const together of this.#all.values()) {
      const { limit, key, amount } = together;
      all.set({ limit, key, amount, ifOver: 'skip' }, together);
    }
    return {
      charges: [...all.keys()],
      settle: async ({ outcomes }) => {
        for (const outcome of outcomes) {
          const together = all.get(outcome.charge);
          if (together) decide(together, outcome);
        }
        const undecided = [...all.values()].find(({ outcome }) => !outcome);
        if (undecided) throw new TypeError(`no decision was made about "${undecided.limit.name}"`);
        return limitedOf(this.#verdicts);
      },
    };
  }
}

function decide(together: Together, outcome: Outcome): void {
  together.outcome = outcome;
  together.calls.resolve(outcome.hasRoom || together.limit.mode === 'measure' ? noCalls : tooManyCalls);
}

/** Of several uses of one limit, the one that has to wait longest. */
async function limitedOf(verdicts: readonly Verdict[]): Promise<readonly LimitedField[]> {
  const found = new Map<number, LimitedField>();
  for (const { number, coordinate, message: asked, together } of verdicts) {
    const message = await asked;
    const outcome = together()?.outcome;
    if (message === undefined || !outcome) continue;
    const known = found.get(number);
    if (!known || known.outcome.retryAfterMs < outcome.retryAfterMs)
      found.set(number, { number, coordinate, message, outcome });
  }
  return [...found.values()].toSorted((a, b) => a.number - b.number);
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? Math.max(1, list.length) : 1;
}
