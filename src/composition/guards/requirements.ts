import { Kind, type ConstDirectiveNode, type ConstValueNode } from 'graphql';
import { GatewayError } from '../../errors.ts';
import type { GuardDirectives } from './guard-directives.ts';
import type { Requirement } from './guards.ts';

type Sets = Requirement['scopes'];

interface Guarded {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

/**
 * What the directives of one place demand, all told; undefined where they demand nothing.
 *
 * @param place How messages call it, such as `User.email`.
 * @throws {GatewayError} `COMPOSITION_FAILED` where one of them lacks its scopes or policies.
 */
export function requirementAt(
  { directives = [] }: Guarded,
  place: string,
  names: GuardDirectives,
): Requirement | undefined {
  let requirement: Requirement | undefined;
  for (const directive of directives) {
    const kind = names.get(directive.name.value);
    if (kind === undefined) continue;
    const scopes = kind === 'requiresScopes' ? readSets(directive, 'scopes', place) : [];
    const policies = kind === 'policy' ? readSets(directive, 'policies', place) : [];
    requirement = bothOf(requirement, { authenticated: true, scopes, policies });
  }
  return requirement;
}

/** What demands the one and the other; equal demands give equal data, whatever they were made of. */
export function bothOf(one: Requirement | undefined, other: Requirement | undefined): Requirement | undefined {
  if (!one || !other) return one ?? other;
  return {
    authenticated: true,
    scopes: bothSets(one.scopes, other.scopes),
    policies: bothSets(one.policies, other.policies),
  };
}

/** One of the first and one of the second: each pair together is a set. */
function bothSets(first: Sets, second: Sets): Sets {
  if (first.length === 0 || second.length === 0) return first.length === 0 ? second : first;
  return smallest(first.flatMap((one) => second.map((other) => [...one, ...other])));
}

/** Without sets that hold another one whole: who has them has that one. Sorted, so that equal demands are equal lists. */
function smallest(sets: Sets): Sets {
  const kept: (readonly string[])[] = [];
  const distinct = sets.map((set) => [...new Set(set)].toSorted()).toSorted((a, b) => a.length - b.length);
  for (const set of distinct) {
    if (!kept.some((known) => known.every((name) => set.includes(name)))) kept.push(set);
  }
  return kept.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function readSets(directive: ConstDirectiveNode, argument: string, place: string): Sets {
  const value = directive.arguments?.find(({ name }) => name.value === argument)?.value;
  // GraphQL, 3.11: where a list is expected, a single value stands for a list of it.
  const sets = value && itemsOf(value).map((set) => itemsOf(set).map(textOf));
  if (!sets || sets.some((set) => set.includes(undefined))) {
    const name = directive.name.value;
    throw new GatewayError(
      'COMPOSITION_FAILED',
      `Expected @${name} of "${place}" to have "${argument}": a list of lists of texts`,
    );
  }
  return smallest(sets as string[][]);
}

function itemsOf(value: ConstValueNode): readonly ConstValueNode[] {
  return value.kind === Kind.LIST ? value.values : [value];
}

function textOf(value: ConstValueNode): string | undefined {
  return value.kind === Kind.STRING || value.kind === Kind.ENUM ? value.value : undefined;
}
