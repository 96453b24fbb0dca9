import type { Guards, Requirement } from '../composition/guards/guards.ts';
import type { Caller } from '../identity/caller.ts';
import { isOneGranted } from './access.ts';
import type { Decide, PolicyRequest } from './policy-answers.ts';

export interface AuthorizerOptions {
  readonly guards: Pick<Guards, 'requirements'>;
  readonly decide: Decide;
}

/** Who asks, and what policies may look at; a `RequestScope` is one. */
export interface AuthorizedRequest extends PolicyRequest {
  readonly caller: Caller;
}

export interface Authorizer {
  /**
   * Which of these requirements the caller lacks, by number in `Guards.requirements`, in ascending order. At once (no
   * promise) where no policies are involved or their answers are known. Nothing lacking is always the same empty list.
   *
   * @param requirements Belongs to an operation and never changes: what is found out about it is kept with it.
   * @throws {GatewayError} `IDENTITY_UNAVAILABLE` where nobody can be asked about a policy. Thrown or rejected.
   */
  readonly deny: (
    requirements: readonly number[],
    request: AuthorizedRequest,
  ) => readonly number[] | Promise<readonly number[]>;
}

/** Decides what of an operation a caller may not see. Anonymous callers lack every requirement, whatever policies say. */
export function createAuthorizer({ guards, decide }: AuthorizerOptions): Authorizer {
  const byCaller = new WeakMap<Caller, WeakMap<readonly number[], Verdict>>();
  const verdictFor = (requirements: readonly number[], caller: Caller): Verdict => {
    let verdicts = byCaller.get(caller);
    if (verdicts === undefined) byCaller.set(caller, (verdicts = new WeakMap<readonly number[], Verdict>()));
    const known = verdicts.get(requirements);
    if (known !== undefined) return known;
    const verdict = judge(guards.requirements, requirements, caller);
    verdicts.set(requirements, verdict);
    return verdict;
  };
  return {
    deny: (requirements, request) => {
      if (requirements.length === 0) return nothing;
      const verdict = verdictFor(requirements, request.caller);
      if (verdict.open.length === 0) return verdict.denied;
      const granted = decide(verdict.policies, request.caller, request);
      return granted instanceof Promise
        ? granted.then((answer) => withPolicies(verdict, answer))
        : withPolicies(verdict, granted);
    },
  };
}

const nothing: readonly number[] = Object.freeze([]);

/** What is certain of a caller and some requirements: callers are frozen, and their scopes never change. */
interface Verdict {
  /** In ascending order. */
  readonly denied: readonly number[];
  /** Requirements that policies decide. */
  readonly open: readonly OpenRequirement[];
  /** All policies of `open`. */
  readonly policies: readonly string[];
}

interface OpenRequirement {
  readonly number: number;
  readonly policies: Requirement['policies'];
}

/** One for all, as most callers meet what most operations ask for. */
const passed: Verdict = { denied: nothing, open: [], policies: [] };

function judge(all: readonly Requirement[], numbers: readonly number[], caller: Caller): Verdict {
  const denied: number[] = [];
  const open: OpenRequirement[] = [];
  for (const number of new Set(numbers)) {
    const requirement = all[number];
    // A number without a requirement is denied too: what it stood for is not known.
    if (!caller.isKnown || requirement === undefined || !isOneGranted(requirement.scopes, caller.scopes)) {
      denied.push(number);
    } else if (requirement.policies.length > 0) {
      open.push({ number, policies: requirement.policies });
    }
  }
  if (denied.length === 0 && open.length === 0) return passed;
  return { denied: inOrder(denied), open, policies: [...new Set(open.flatMap(({ policies }) => policies.flat()))] };
}

function withPolicies({ denied, open }: Verdict, granted: ReadonlySet<string>): readonly number[] {
  const lacking = open.filter(({ policies }) => !isOneGranted(policies, granted));
  return lacking.length === 0 ? denied : inOrder([...denied, ...lacking.map(({ number }) => number)]);
}

function inOrder(numbers: readonly number[]): readonly number[] {
  return numbers.length === 0 ? nothing : Object.freeze(numbers.toSorted((one, other) => one - other));
}
