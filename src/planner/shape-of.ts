import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { all, either, exclude, type Alternatives } from './alternatives.ts';
import { conditionsText } from './conditions.ts';
import type { Mask } from './mask.ts';
import type { Operation, OperationField } from './operation.ts';
import type { Condition } from './plan.ts';
import type { AbstractShape, FieldShape, ObjectShape, Shape, ValueShape } from './shape.ts';

/**
 * How the answer to an operation looks; needs only what clients see. Pure.
 *
 * @param mask What is null and has an error in the answer. The operation is the whole one, as the client asked. Default:
 *   nothing.
 */
export function shapeOf(schema: GraphQLSchema, operation: Operation, mask?: Mask): Shape {
  const root = schema.getType(operation.rootType);
  if (!isObjectType(root)) throw new TypeError(`the schema has no object type "${operation.rootType}"`);
  const asked = operation.fields.map((field) => ({ field, extra: [] }));
  const making: Making = { schema, mask, denials: 0 };
  const fields = fieldsFor(making, root, asked);
  return {
    root: { kind: 'object', type: root.name, fields },
    ...(operation.introspection !== undefined && { introspection: operation.introspection }),
    ...(making.denials > 0 && { isMasked: true }),
  };
}

interface Making {
  readonly schema: GraphQLSchema;
  readonly mask: Mask | undefined;
  /** How many denied fields and types the shape has so far. */
  denials: number;
}

/** A field of the operation, under further conditions that its parent's merging put on it. */
interface Asked {
  readonly field: OperationField;
  readonly extra: readonly Condition[];
}

type WithFields = GraphQLObjectType | GraphQLInterfaceType;

function fieldsFor(making: Making, type: WithFields, asked: readonly Asked[]): readonly FieldShape[] {
  const mine = asked.filter(({ field: { on } }) => !on || on.includes(type.name));
  const byKey = Map.groupBy(mine, ({ field }) => field.responseKey);
  return slotsOf(mine).flatMap(({ key, when }) => {
    const shape = fieldShape(making, type, byKey.get(key) ?? []);
    return when === null ? [] : [{ ...shape, when }];
  });
}

interface Slot {
  readonly key: string;
  readonly when: Alternatives | null;
}

/**
 * Where in the answer fields stand. A field stands where it was first asked for under conditions that hold, so one that
 * is asked for several times may have several places, of which one at most is filled.
 *
 * @see {@link https://spec.graphql.org/October2021/#CollectFields() | GraphQL, 6.3.2 Field Collection}
 */
function slotsOf(asked: readonly Asked[]): readonly Slot[] {
  const slots: Slot[] = [];
  const sofar = new Map<string, Alternatives | null>();
  for (const { field, extra } of asked) {
    const key = field.responseKey;
    const before = sofar.get(key);
    if (before?.length === 0) continue;
    const own = all([...field.conditions, ...extra]);
    const alternatives = own && (own.length === 0 ? [] : [own]);
    const last = slots.at(-1);
    if (last?.key === key)
      slots[slots.length - 1] = { key, when: either(last.when, before ? exclude(alternatives, before) : alternatives) };
    else slots.push({ key, when: before ? exclude(alternatives, before) : alternatives });
    sofar.set(key, either(before ?? null, alternatives));
  }
  return slots;
}

function fieldShape(making: Making, type: WithFields, entries: readonly Asked[]): Omit<FieldShape, 'when'> {
  const [first] = entries;
  if (!first) throw new TypeError('a field must be asked for at least once');
  const { responseKey, name, dataKey } = first.field;
  const own = { responseKey, name, dataKey };
  if (name === '__typename') return { ...own, source: 'typename', value: { nullable: false, of: stringShape } };
  if (name.startsWith('__')) {
    return {
      ...own,
      source: 'introspection',
      value: { nullable: true, of: { kind: 'scalar', type: name, custom: true } },
    };
  }
  const definition = type.getFields()[name];
  if (making.mask?.deniesField(type.name, name)) {
    making.denials += 1;
    const nullable = !isNonNullType(definition?.type);
    const coordinate = `${first.field.parentType}.${name}`;
    const limits = making.mask.limitsOn(type.name, name);
    return { ...own, source: 'denied', coordinate, ...(limits && { limits }), value: { nullable, of: stringShape } };
  }
  if (!definition) throw new TypeError(`the schema has no field "${type.name}.${name}"`);
  const differ = new Set(entries.map(({ field, extra }) => conditionsText([...field.conditions, ...extra]))).size > 1;
  const below = entries.flatMap(({ field, extra }) =>
    (field.fields ?? []).map((inner) => ({ field: inner, extra: differ ? [...field.conditions, ...extra] : [] })),
  );
  return { ...own, source: 'data', value: valueShape(making, definition.type, below) };
}

const stringShape = { kind: 'scalar', type: 'String', custom: false } as const;

function valueShape(making: Making, type: GraphQLOutputType, below: readonly Asked[]): ValueShape {
  const nullable = !isNonNullType(type);
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner)) return { nullable, of: { kind: 'list', item: valueShape(making, inner.ofType, below) } };
  return { nullable, of: namedShape(making, getNamedType(inner), below) };
}

function namedShape(making: Making, type: GraphQLNamedType, below: readonly Asked[]): ValueShape['of'] {
  if (isObjectType(type)) return objectShape(making, type, below);
  if (isAbstractType(type)) return abstractShape(making, type, below);
  if (isEnumType(type)) return { kind: 'enum', type: type.name, values: type.getValues().map(({ name }) => name) };
  if (isScalarType(type)) return { kind: 'scalar', type: type.name, custom: !isSpecifiedScalarType(type) };
  throw new TypeError(`"${type.name}" must be an output type`);
}

function objectShape(making: Making, type: GraphQLObjectType, below: readonly Asked[]): ObjectShape {
  return { kind: 'object', type: type.name, fields: fieldsFor(making, type, below) };
}

function abstractShape(making: Making, type: GraphQLAbstractType, below: readonly Asked[]): AbstractShape {
  const fieldLists: (readonly FieldShape[])[] = [];
  const indexes = new Map<string, number>();
  const { schema, mask } = making;
  const types = schema
    .getPossibleTypes(type)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name }) => {
      const possible = schema.getType(name);
      const isDenied = mask?.deniesType(name) === true;
      if (isDenied) making.denials += 1;
      const fields = isObjectType(possible) ? fieldsFor(making, possible, below) : [];
      const text = JSON.stringify(fields);
      const index = indexes.get(text) ?? fieldLists.push(fields) - 1;
      indexes.set(text, index);
      return { name, fields: index, ...(isDenied && { isDenied }) };
    });
  const isTyped = (asked: Asked): boolean => !isUntyped(asked) || isDeniedOfSome(asked, type, making);
  const typed = types.some(({ isDenied }) => isDenied) ? null : typedWhen(below.filter(isTyped));
  if (!isInterfaceType(type) || typed === null || types.length === 0)
    return { kind: 'abstract', type: type.name, types, fieldLists };
  const fields = fieldsFor(
    making,
    type,
    below.filter((asked) => !isTyped(asked)),
  );
  const known = indexes.get(JSON.stringify(fields));
  const untyped = known ?? fieldLists.push(fields) - 1;
  return {
    kind: 'abstract',
    type: type.name,
    types,
    fieldLists,
    untyped,
    ...(typed.length > 0 && { typedWhen: typed }),
  };
}

function isUntyped({ field }: Asked): boolean {
  return !field.on && field.name !== '__typename';
}

/** Whether it takes the type to know if a field is denied. */
function isDeniedOfSome({ field }: Asked, type: GraphQLAbstractType, { schema, mask }: Making): boolean {
  if (!mask) return false;
  const types = schema.getPossibleTypes(type);
  const denied = types.filter(({ name }) => mask.deniesField(name, field.name));
  return denied.length > 0 && denied.length < types.length;
}

/** When fields are asked that only some types have, or the type itself: never, under conditions, or (null) always. */
function typedWhen(typed: readonly Asked[]): Alternatives | null {
  const alternatives: (readonly Condition[])[] = [];
  for (const { field, extra } of typed) {
    const conditions = all([...field.conditions, ...extra]);
    if (conditions?.length === 0) return null;
    if (conditions) alternatives.push(conditions);
  }
  return alternatives;
}
