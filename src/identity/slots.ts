import { afterScheme, headerValues, readCredential } from './credentials.ts';
import type { IdentityRequest, Provider } from './types.ts';

/** One place of a request where a credential can stand. */
export interface Slot {
  /** Equal for two providers that look in the same place. */
  readonly key: string;
  readonly valuesOf: (request: IdentityRequest) => readonly string[];
}

/**
 * The places that a provider reads. `authorization` is one place per scheme: a provider of Bearer tokens does not see a
 * Basic password. The scheme is that of the provider's challenge (RFC 9110, 11.6.1), `Bearer` where it has none.
 */
export function slotsOf({ places, challenge = 'Bearer' }: Provider): readonly Slot[] {
  const { headers, cookies, queryParameters } = places;
  return [
    ...headers.map((name) => (name === 'authorization' ? authorizationSlot(challenge) : headerSlot(name))),
    ...cookies.map((name) => sourceSlot('cookie', name)),
    ...queryParameters.map((name) => sourceSlot('query', name)),
  ];
}

/** What stands in these places of a request. */
export function valuesIn(slots: readonly Slot[], request: IdentityRequest): ReadonlySet<string> {
  return new Set(slots.flatMap(({ valuesOf }) => valuesOf(request)));
}

/**
 * Whether all that stands in the places of `some` is the one credential that was found in the places of `taken`. Where
 * several stand there, nobody can tell here which of them it was: false.
 */
export function isTaken(some: readonly Slot[], taken: readonly Slot[], request: IdentityRequest): boolean {
  const [ours, ...others] = valuesIn(some, request);
  const theirs = valuesIn(taken, request);
  return ours !== undefined && others.length === 0 && theirs.size === 1 && theirs.has(ours);
}

function headerSlot(name: string): Slot {
  return { key: `header:${name}`, valuesOf: (request) => headerValues(request, name) };
}

function sourceSlot(from: 'cookie' | 'query', name: string): Slot {
  const sources = [{ from, name }];
  return {
    key: `${from}:${name}`,
    valuesOf: (request) => {
      const value = readCredential(request, sources);
      return value === undefined ? [] : [value];
    },
  };
}

function authorizationSlot(challenge: string): Slot {
  const [scheme = ''] = challenge.toLowerCase().split(' ', 1);
  return {
    key: `authorization:${scheme}`,
    valuesOf: (request) => headerValues(request, 'authorization').flatMap((value) => afterScheme(value, scheme) ?? []),
  };
}
