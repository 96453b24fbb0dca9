import { extractLinkImplementations } from '@theguild/federation-composition';
import { Kind, print, type ConstDirectiveNode, type ConstValueNode, type DocumentNode } from 'graphql';
import type { GuardDirective, GuardDirectives } from './guard-directives.ts';
import type { Requirement } from './guards.ts';
import { bothOf, requirementAt } from './requirements.ts';

/**
 * What `@authenticated`, `@requiresScopes` and `@policy` of one place demand, on its way through composition: read from
 * directives, put together, written as directives. What several ask for at one place is all asked for.
 */

export interface Demand extends Pick<Requirement, 'scopes' | 'policies'> {
  /** Whether `@authenticated` is there, which the others imply. */
  readonly authenticated: boolean;
}

export type Demands = Map<string, Demand>;

/** The directives that guard, under their names in the specifications. */
export const guardNames: readonly GuardDirective[] = ['authenticated', 'requiresScopes', 'policy'];

const federation = 'https://specs.apollo.dev/federation';
const specificationOf = (guard: GuardDirective): string => `https://specs.apollo.dev/${guard}`;

/** The names that a source schema has for the directives that guard. One that it defines for itself is none of them. */
export function guardsOfSource(sdl: DocumentNode): GuardDirectives {
  const { links, resolveImportName } = extractLinkImplementations(sdl);
  const identities = new Set(links.map(({ identity }) => identity));
  const names = new Map<string, GuardDirective>();
  for (const guard of guardNames) {
    if (identities.has(federation)) names.set(`federation__${guard}`, guard);
    for (const identity of [federation, specificationOf(guard)]) {
      if (identities.has(identity)) names.set(resolveImportName(identity, `@${guard}`), guard);
    }
  }
  return names;
}

/** The names that a composed supergraph has for the directives that guard. */
export function guardsOfSupergraph(supergraph: DocumentNode): GuardDirectives {
  const { resolveImportName } = extractLinkImplementations(supergraph);
  return new Map(guardNames.map((guard) => [resolveImportName(specificationOf(guard), `@${guard}`), guard]));
}

interface Directed {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

/** What the directives of a node demand; undefined where nothing. Several of one kind are all to be met. */
export function demandOf(node: Directed, place: string, names: GuardDirectives): Demand | undefined {
  const requirement = requirementAt(node, place, names);
  if (!requirement) return undefined;
  const authenticated = node.directives?.some(({ name }) => names.get(name.value) === 'authenticated') ?? false;
  return { ...requirement, authenticated };
}

/** What is demanded where both are. Equal demands give equal data. */
export function both(a: Demand | undefined, b: Demand | undefined): Demand | undefined {
  if (!a || !b) return a ?? b;
  const { scopes = [], policies = [] } = bothOf({ ...a, authenticated: true }, { ...b, authenticated: true }) ?? {};
  return { authenticated: a.authenticated || b.authenticated, scopes, policies };
}

/** Adds to what is demanded at a place. */
export function addDemand(demands: Demands, place: string, demand: Demand | undefined): void {
  const all = both(demands.get(place), demand);
  if (all) demands.set(place, all);
}

/** Whether two demands ask for the same, however it is said. */
export function isSameDemand(a: Demand | undefined, b: Demand | undefined): boolean {
  return JSON.stringify(both(a, a)) === JSON.stringify(both(b, b));
}

/** A node's directives with those that guard replaced by what is demanded. */
export function withDemand(
  node: Directed,
  demand: Demand | undefined,
  names: GuardDirectives,
): readonly ConstDirectiveNode[] {
  const others = (node.directives ?? []).filter(({ name }) => !names.has(name.value));
  return demand ? [...others, ...directivesOfDemand(demand, names)] : others;
}

function directivesOfDemand({ authenticated, scopes, policies }: Demand, names: GuardDirectives): ConstDirectiveNode[] {
  const named = (guard: GuardDirective): string => [...names].findLast(([, each]) => each === guard)?.[0] ?? guard;
  return [
    ...(authenticated ? [directiveNode(named('authenticated'))] : []),
    ...(scopes.length > 0 ? [directiveNode(named('requiresScopes'), 'scopes', scopes)] : []),
    ...(policies.length > 0 ? [directiveNode(named('policy'), 'policies', policies)] : []),
  ];
}

function directiveNode(name: string, argument?: string, sets: Demand['scopes'] = []): ConstDirectiveNode {
  const list = (values: readonly ConstValueNode[]): ConstValueNode => ({ kind: Kind.LIST, values });
  const value = list(sets.map((set) => list(set.map((text) => ({ kind: Kind.STRING, value: text })))));
  const given = argument === undefined ? [] : [{ kind: Kind.ARGUMENT, name: nameNode(argument), value } as const];
  return { kind: Kind.DIRECTIVE, name: nameNode(name), arguments: given };
}

function nameNode(value: string) {
  return { kind: Kind.NAME, value } as const;
}

/** What a directive must be that says nothing as it is; undefined where it is well-formed. */
export function complaintOf(directive: ConstDirectiveNode, guard: GuardDirective): string | undefined {
  if (guard === 'authenticated') return undefined;
  const argument = guard === 'policy' ? 'policies' : 'scopes';
  const value = directive.arguments?.find(({ name }) => name.value === argument)?.value;
  const isWellFormed =
    value?.kind === Kind.LIST &&
    value.values.length > 0 &&
    value.values.every((set) => set.kind === Kind.LIST && set.values.every(({ kind }) => kind === Kind.STRING));
  if (isWellFormed) return undefined;
  const got = value ? print(value) : 'nothing';
  return `expected @${guard}(${argument}:) to be a list of one list of texts or more, such as [["a"]], but got: ${got}`;
}
