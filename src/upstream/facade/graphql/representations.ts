import { valueFromASTUntyped, type DocumentNode, type FieldNode } from 'graphql';
import { GatewayError } from '../../../errors.ts';
import { responseKeyOf, rootFieldsOf, type Variables } from './documents.ts';
import type { Lookup } from './lookups.ts';

export type Representation = Readonly<Record<string, unknown>>;

/** The representations of one `_entities` field that one look-up answers, by key. */
export interface LookupGroup {
  readonly field: FieldNode;
  readonly type: string;
  readonly lookup: Lookup;
  /** By `keyText`, in order of first appearance: a representation with that key, and where all such stand. */
  readonly keys: ReadonlyMap<string, Wanted>;
}

interface Wanted {
  readonly representation: Representation;
  readonly positions: readonly number[];
}

/** A representation that no look-up can find. */
export interface LostRepresentation {
  /** Response key of the `_entities` field. */
  readonly entities: string;
  readonly position: number;
  readonly error: GatewayError;
}

export interface Grouped {
  /** How many representations were given. */
  readonly count: number;
  readonly groups: readonly LookupGroup[];
  readonly lost: readonly LostRepresentation[];
}

export interface Grouping {
  /** Named in errors. */
  readonly upstream: string;
  readonly lookups: readonly Lookup[];
  readonly variables: Variables;
}

interface Draft {
  readonly representation: Representation;
  readonly positions: number[];
}

interface DraftGroup extends LookupGroup {
  readonly keys: Map<string, Draft>;
}

/** Sorts the representations of an `_entities` field by the look-up that finds them; equal keys are asked for once. */
export function groupRepresentations(field: FieldNode, { upstream, lookups, variables }: Grouping): Grouped {
  const groups = new Map<string, DraftGroup>();
  const lost: LostRepresentation[] = [];
  const representations = representationsOf(field, variables);
  for (const [position, value] of representations.entries()) {
    const representation = isRepresentation(value) ? value : undefined;
    const lookup = representation && chooseLookup(representation, lookups);
    if (!representation || !lookup) {
      lost.push({ entities: responseKeyOf(field), position, error: notFindable(value, upstream) });
      continue;
    }
    const type = String(representation['__typename']);
    const id = `${type} ${lookups.indexOf(lookup)}`;
    const group = groups.get(id) ?? { field, type, lookup, keys: new Map<string, Draft>() };
    groups.set(id, group);
    const key = keyText(lookup.key.map((name) => representation[name]));
    const known = group.keys.get(key);
    if (known) known.positions.push(position);
    else group.keys.set(key, { representation, positions: [position] });
  }
  return { count: representations.length, groups: [...groups.values()], lost };
}

/** How many entities a document asks for by `_entities`; 1 where it does not. */
export function countRepresentations(document: DocumentNode, variables: Variables): number {
  const entities = rootFieldsOf(document).filter(({ name }) => name.value === '_entities');
  if (entities.length === 0) return 1;
  return entities.reduce((sum, field) => sum + representationsOf(field, variables).length, 0);
}

/** One text per key, whether its parts come as numbers or as text: `ID` may be either. */
export function keyText(values: readonly unknown[]): string {
  return JSON.stringify(values.map(String));
}

function representationsOf(field: FieldNode, variables: Variables): readonly unknown[] {
  const argument = field.arguments?.find(({ name }) => name.value === 'representations');
  const value = argument && valueFromASTUntyped(argument.value, { ...variables });
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function isRepresentation(value: unknown): value is Representation {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list look-up before single ones, one for the type before one for an interface, else as the overlay has them. */
function chooseLookup(representation: Representation, lookups: readonly Lookup[]): Lookup | undefined {
  const type = representation['__typename'];
  const fitting = lookups.filter(
    (lookup) =>
      lookup.types.some((name) => name === type) &&
      lookup.key.every((name) => representation[name] !== undefined && representation[name] !== null),
  );
  const rank = (lookup: Lookup) => (lookup.isList ? 0 : 2) + (lookup.returns === type ? 0 : 1);
  return fitting.toSorted((a, b) => rank(a) - rank(b))[0];
}

function notFindable(value: unknown, upstream: string): GatewayError {
  const { __typename: type, ...fields } = isRepresentation(value) ? value : { __typename: undefined };
  const what = typeof type === 'string' ? type : 'an entity without a type';
  const names = Object.keys(fields).join(' ') || 'nothing';
  return new GatewayError('INTERNAL_ERROR', `upstream "${upstream}" has no look-up that finds ${what} by ${names}`, {
    upstream,
  });
}
