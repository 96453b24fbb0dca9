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
import type { Operation, OperationField } from './operation.ts';
import type { Condition } from './plan.ts';
import type { AbstractShape, FieldShape, ObjectShape, Shape, ValueShape } from './shape.ts';

/** How the answer to an operation looks; needs only what clients see. Pure. */
export function shapeOf(schema: GraphQLSchema, operation: Operation): Shape {
  const root = schema.getType(operation.rootType);
  if (!isObjectType(root)) throw new TypeError(`the schema has no object type "${operation.rootType}"`);
  const asked = operation.fields.map((field) => ({ field, extra: [] }));
  return {
    root: { kind: 'object', type: root.name, fields: fieldsFor(schema, root, asked) },
    ...(operation.introspection !== undefined && { introspection: operation.introspection }),
  };
}

/** A field of the operation, under further conditions that its parent's merging put on it. */
interface Asked {
  readonly field: OperationField;
  readonly extra: readonly Condition[];
}

type WithFields = GraphQLObjectType | GraphQLInterfaceType;

function fieldsFor(schema: GraphQLSchema, type: WithFields, asked: readonly Asked[]): readonly FieldShape[] {
  const mine = asked.filter(({ field: { on } }) => !on || on.includes(type.name));
  const byKey = Map.groupBy(mine, ({ field }) => field.responseKey);
  return slotsOf(mine).flatMap(({ key, when }) => {
    const shape = fieldShape(schema, type, byKey.get(key) ?? []);
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

function fieldShape(schema: GraphQLSchema, type: WithFields, entries: readonly Asked[]): Omit<FieldShape, 'when'> {
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
  if (!definition) throw new TypeError(`the schema has no field "${type.name}.${name}"`);
  const differ = new Set(entries.map(({ field, extra }) => conditionsText([...field.conditions, ...extra]))).size > 1;
  const below = entries.flatMap(({ field, extra }) =>
    (field.fields ?? []).map((inner) => ({ field: inner, extra: differ ? [...field.conditions, ...extra] : [] })),
  );
  return { ...own, source: 'data', value: valueShape(schema, definition.type, below) };
}

const stringShape = { kind: 'scalar', type: 'String', custom: false } as const;

function valueShape(schema: GraphQLSchema, type: GraphQLOutputType, below: readonly Asked[]): ValueShape {
  const nullable = !isNonNullType(type);
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner)) return { nullable, of: { kind: 'list', item: valueShape(schema, inner.ofType, below) } };
  return { nullable, of: namedShape(schema, getNamedType(inner), below) };
}

function namedShape(schema: GraphQLSchema, type: GraphQLNamedType, below: readonly Asked[]): ValueShape['of'] {
  if (isObjectType(type)) return objectShape(schema, type, below);
  if (isAbstractType(type)) return abstractShape(schema, type, below);
  if (isEnumType(type)) return { kind: 'enum', type: type.name, values: type.getValues().map(({ name }) => name) };
  if (isScalarType(type)) return { kind: 'scalar', type: type.name, custom: !isSpecifiedScalarType(type) };
  throw new TypeError(`"${type.name}" must be an output type`);
}

function objectShape(schema: GraphQLSchema, type: GraphQLObjectType, below: readonly Asked[]): ObjectShape {
  return { kind: 'object', type: type.name, fields: fieldsFor(schema, type, below) };
}

function abstractShape(schema: GraphQLSchema, type: GraphQLAbstractType, below: readonly Asked[]): AbstractShape {
  const fieldLists: (readonly FieldShape[])[] = [];
  const indexes = new Map<string, number>();
  const types = schema
    .getPossibleTypes(type)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name }) => {
      const possible = schema.getType(name);
      const fields = isObjectType(possible) ? fieldsFor(schema, possible, below) : [];
      const text = JSON.stringify(fields);
      const index = indexes.get(text) ?? fieldLists.push(fields) - 1;
      indexes.set(text, index);
      return { name, fields: index };
    });
  const typed = typedWhen(below);
  if (!isInterfaceType(type) || typed === null || types.length === 0)
    return { kind: 'abstract', type: type.name, types, fieldLists };
  const fields = fieldsFor(schema, type, below.filter(isUntyped));
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

/** When fields are asked that only some types have, or the type itself: never, under conditions, or (null) always. */
function typedWhen(below: readonly Asked[]): Alternatives | null {
  const alternatives: (readonly Condition[])[] = [];
  for (const { field, extra } of below.filter((asked) => !isUntyped(asked))) {
    const conditions = all([...field.conditions, ...extra]);
    if (conditions?.length === 0) return null;
    if (conditions) alternatives.push(conditions);
  }
  return alternatives;
}
