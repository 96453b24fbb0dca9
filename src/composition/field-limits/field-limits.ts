import { Kind, type DocumentNode, type FieldDefinitionNode, type TypeDefinitionNode } from 'graphql';
import { GatewayError } from '../../errors.ts';
import { mergedTypes, outputFieldsOf } from '../definitions.ts';
import type { Guards } from '../guards/guards.ts';
import { limitsFields, rateLimitName, readRateLimit, type RateLimit } from './rate-limit-directive.ts';

/** A limit of one field: how often a caller may ask for it. */
export interface FieldLimit extends RateLimit {
  /** `Type.field` of an object type. */
  readonly coordinate: string;
}

/** The limits of a supergraph's fields. Plain data over names; limits are numbered. */
export interface FieldLimits {
  /** A limit's number is its place in this list. */
  readonly limits: readonly FieldLimit[];
  /**
   * By `Type.field` of object types: numbers of the limits that the field has, the one of the longest window first. All of
   * them hold. Fields without any are absent.
   */
  readonly fields: ReadonlyMap<string, readonly number[]>;
}

/**
 * What `@rateLimit` says in a supergraph. The limit of an interface's field is that of each field that implements it, each
 * counted for itself. Other than a guard, a limit says nothing of fields that are computed from its own (`@requires`): only
 * what clients ask for counts. Pure.
 *
 * @throws {GatewayError} `COMPOSITION_FAILED` where a directive says nothing that could be kept.
 */
export function readFieldLimits(supergraph: DocumentNode): FieldLimits {
  if (!limitsFields(supergraph)) return noFieldLimits;
  const types = mergedTypes(supergraph);
  const limits: FieldLimit[] = [];
  const fields = new Map<string, readonly number[]>();
  for (const [name, type] of types) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const field of outputFieldsOf(type)) {
      const coordinate = `${name}.${field.name.value}`;
      const found = limitsAt(coordinate, { type, field, types });
      if (found.length === 0) continue;
      fields.set(
        coordinate,
        found.map((limit) => limits.push({ coordinate, ...limit }) - 1),
      );
    }
  }
  return { limits, fields };
}

interface Limited {
  readonly type: TypeDefinitionNode;
  readonly field: FieldDefinitionNode;
  readonly types: ReadonlyMap<string, TypeDefinitionNode>;
}

/** Distinct limits of a field and of those that it implements. */
function limitsAt(coordinate: string, { type, field, types }: Limited): readonly RateLimit[] {
  const named = 'interfaces' in type ? (type.interfaces ?? []) : [];
  const above = named.flatMap(({ name }) => outputFieldsOf(types.get(name.value)));
  const found = new Map<string, RateLimit>();
  for (const each of [field, ...above.filter(({ name }) => name.value === field.name.value)]) {
    for (const directive of each.directives ?? []) {
      if (directive.name.value !== rateLimitName) continue;
      const limit = readRateLimit(directive, { field: each, types });
      if (typeof limit === 'string')
        throw new GatewayError('COMPOSITION_FAILED', `"${coordinate}" of the supergraph: ${limit}`);
      found.set(JSON.stringify(limit), limit);
    }
  }
  return [...found.values()].toSorted((a, b) => b.windowMs - a.windowMs);
}

/** Guards and limits of one supergraph as one table, which masks are made from. */
export interface LimitedGuards extends Guards {
  /** Number of the first limit: smaller ones are requirements. */
  readonly firstLimit: number;
  readonly limits: readonly FieldLimit[];
}

/** Guards, and after them limits: the number of a limit is `firstLimit` and its place in `limits`. Pure. */
export function withFieldLimits(guards: Guards, { limits, fields: limited }: FieldLimits): LimitedGuards {
  const firstLimit = guards.requirements.length;
  const fields = new Map(guards.fields);
  for (const [coordinate, numbers] of limited) {
    const own = numbers.map((number) => firstLimit + number);
    fields.set(coordinate, [...(fields.get(coordinate) ?? []), ...own]);
  }
  return { ...guards, fields, firstLimit, limits };
}

/** A schema in which nothing is guarded. */
export const noGuards: Guards = { requirements: [], types: new Map(), fields: new Map() };

export const noFieldLimits: FieldLimits = { limits: [], fields: new Map() };
