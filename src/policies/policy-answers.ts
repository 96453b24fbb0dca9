import type { Caller } from '../identity/caller.ts';

/** What a policy may look at beside the caller. A decision is kept for requests that are equal in all but `requestId`. */
export interface PolicyRequest {
  /** For logs; not to be decided by. */
  readonly requestId: string;
  /** The client's address. */
  readonly address?: string | undefined;
  readonly operationName?: string | undefined;
}

/** `failed`: no decision could be had of this policy. It counts as denied and is asked for again. */
export type PolicyDecision = 'granted' | 'denied' | 'failed';

/** Where decisions come from. A name that is absent from the answer is denied. */
export interface PolicyAuthority {
  /** @throws {GatewayError} `IDENTITY_UNAVAILABLE` where nobody can be asked. Thrown or rejected. */
  readonly ask: (
    names: readonly string[],
    caller: Caller,
    request: PolicyRequest,
  ) => ReadonlyMap<string, PolicyDecision> | Promise<ReadonlyMap<string, PolicyDecision>>;
  /** Closes sockets. */
  readonly close: () => Promise<void>;
}

/**
 * Which of these policies are granted to the caller; at once (no promise) where all that is known already.
 *
 * @throws {GatewayError} `IDENTITY_UNAVAILABLE` where nobody can be asked. Thrown or rejected.
 */
export type Decide = (
  names: readonly string[],
  caller: Caller,
  request: PolicyRequest,
) => ReadonlySet<string> | Promise<ReadonlySet<string>>;

export interface PolicyAnswers {
  readonly decide: Decide;
  /** Closes sockets. */
  readonly close: () => Promise<void>;
}

export interface PolicyAnswersOptions {
  /** How long a decision is kept from when it was asked for, in milliseconds; 0 keeps none. */
  readonly cacheMs: number;
  /** Milliseconds that never go back. Default `performance.now`. */
  readonly now?: () => number;
}

const nobody: ReadonlySet<string> = new Set();

/** Where no `authorization.policies` are configured, no policy is granted to anybody. */
export const noPolicies: PolicyAnswers = { decide: () => nobody, close: () => Promise.resolve() };

/**
 * Answers `@policy` from kept decisions, and asks the authority for the others; requests that ask the same at once share
 * one question. What failed is not kept. Anonymous callers are granted nothing, and nobody is asked about them.
 *
 * Decisions belong to the caller object: two tokens of one subject may hold different claims, so nothing less will do.
 * They are let go with it.
 */
export function createPolicyAnswers(authority: PolicyAuthority, options: PolicyAnswersOptions): PolicyAnswers {
  const { cacheMs, now = () => performance.now() } = options;
  const byCaller = new WeakMap<Caller, Map<string, Decisions>>();
  return {
    decide: (names, caller, request) => {
      if (!caller.isKnown || names.length === 0) return nobody;
      const decisions = decisionsFor(byCaller, caller, request);
      const at = now();
      const missing = names.filter((name) => !decisions.has(name, at));
      if (missing.length > 0) {
        const answers = authority.ask(missing, caller, request);
        if (answers instanceof Promise) decisions.expect(missing, answers, at + cacheMs);
        else decisions.keep(missing, answers, at + cacheMs);
      }
      return decisions.granted(names);
    },
    close: async () => authority.close(),
  };
}

/** Addresses and operation names by which one caller's decisions are kept apart; clients choose the names. */
const maxPlaces = 32;

function decisionsFor(
  byCaller: WeakMap<Caller, Map<string, Decisions>>,
  caller: Caller,
  { address = '', operationName = '' }: PolicyRequest,
): Decisions {
  let places = byCaller.get(caller);
  if (places === undefined) byCaller.set(caller, (places = new Map<string, Decisions>()));
  // An address holds no space, so no two pairs make one text.
  const place = `${address} ${operationName}`;
  const known = places.get(place);
  if (known !== undefined) return known;
  const [oldest] = places.size < maxPlaces ? [] : places.keys();
  if (oldest !== undefined) places.delete(oldest);
  const decisions = new Decisions();
  places.set(place, decisions);
  return decisions;
}

type Answers = ReadonlyMap<string, PolicyDecision>;

interface Entry {
  readonly answer: PolicyDecision | Promise<Answers>;
  readonly expiresAt: number;
}

/** What is known, or being asked, of one caller in one place. */
class Decisions {
  readonly #entries = new Map<string, Entry>();

  /** Whether a decision is there that is good at this time, or on its way. */
  has(name: string, at: number): boolean {
    const entry = this.#entries.get(name);
    return entry !== undefined && (entry.answer instanceof Promise || at < entry.expiresAt);
  }

  keep(names: readonly string[], answers: Answers, expiresAt: number): void {
    for (const name of names) {
      const answer = answers.get(name) ?? 'denied';
      if (answer === 'failed') this.#entries.delete(name);
      else this.#entries.set(name, { answer, expiresAt });
    }
  }

  /** Lets others wait for answers that are on their way, then keeps what came. */
  expect(names: readonly string[], answers: Promise<Answers>, expiresAt: number): void {
    for (const name of names) this.#entries.set(name, { answer: answers, expiresAt });
    const forget = (): void => {
      for (const name of names) this.#entries.delete(name);
    };
    answers.then((came) => this.keep(names, came, expiresAt), forget);
  }

  /** Those of the names that are granted; for names that were just kept or expected, or that `has` is true of. */
  granted(names: readonly string[]): ReadonlySet<string> | Promise<ReadonlySet<string>> {
    const granted = new Set<string>();
    let waiting: Map<string, Promise<Answers>> | undefined;
    for (const name of names) {
      const answer = this.#entries.get(name)?.answer;
      if (answer instanceof Promise) (waiting ??= new Map<string, Promise<Answers>>()).set(name, answer);
      else if (answer === 'granted') granted.add(name);
    }
    return waiting === undefined ? granted : addAwaited(granted, waiting);
  }
}

async function addAwaited(
  granted: Set<string>,
  waiting: ReadonlyMap<string, Promise<Answers>>,
): Promise<ReadonlySet<string>> {
  const came = await Promise.all(waiting.values());
  for (const [index, name] of [...waiting.keys()].entries()) {
    if (came[index]?.get(name) === 'granted') granted.add(name);
  }
  return granted;
}
