import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  parseType,
  type FieldDefinitionNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  type TypeNode,
} from 'graphql';
import { directiveOf, stringArgumentOf, type Report } from './sdl.ts';

/** Takes one key field of a representation to where the look-up's argument wants it. */
export interface KeyPart {
  readonly keyField: string;
  /** Field of the argument's input object; equal to `keyField` where the argument is a plain value. */
  readonly inputField: string;
  /** Whether the upstream wants text (`ID`, `String`): numbers are sent as text then. */
  readonly isText: boolean;
}

export interface LookupArgument {
  readonly name: string;
  /** As the upstream declares it. */
  readonly type: TypeNode;
  readonly isObject: boolean;
  /** Invariant: exactly one unless `isObject`. */
  readonly parts: readonly KeyPart[];
}

/** A root field of `Query` that finds entities by key. */
export interface Lookup {
  readonly field: string;
  /** What the field returns, lists taken off: an object type, an interface or a union. */
  readonly returns: string;
  /** The object types that it finds. */
  readonly types: readonly string[];
  readonly isList: boolean;
  /** The key fields, in the order of the arguments. */
  readonly key: readonly string[];
  /** Invariant: exactly one where `isList`. */
  readonly arguments: readonly LookupArgument[];
}

export interface LookupReading {
  readonly schema: GraphQLSchema;
  readonly report: Report;
}

/**
 * What a root field marked `@lookup` finds, and by which key; `undefined` where it cannot be one, which is reported.
 * An argument is matched to the key field of its name; lists also by the plural, and any by `@is(field:)`.
 *
 * @see {@link https://graphql.github.io/composite-schemas-spec/draft/#sec--lookup | Composite Schemas, \@lookup}
 */
export function readLookup(node: FieldDefinitionNode, reading: LookupReading): Lookup | undefined {
  const { schema, report } = reading;
  const field = schema.getQueryType()?.getFields()[node.name.value];
  if (!field) return undefined;
  const types = typesOf(field, schema);
  const isList = isListType(getNullableType(field.type));
  if (types.length === 0)
    return refused(
      report,
      node,
      `"Query.${field.name}" returns ${String(field.type)}: @lookup expects an object, interface or union, or a list of one`,
    );
  if (!isList && isNonNullType(field.type)) {
    return refused(
      report,
      node,
      `"Query.${field.name}" returns ${String(field.type)}: @lookup expects a nullable type, for keys that are not found`,
    );
  }
  const args: LookupArgument[] = [];
  for (const argument of node.arguments ?? []) {
    const known = field.args.find(({ name }) => name === argument.name.value);
    if (!known) continue;
    const place = { argument, known, types, isList };
    const fault = faultOfList(place);
    if (fault !== undefined) return refused(report, argument, fault);
    const read = readArgument(place);
    if (typeof read === 'string') return refused(report, argument, read);
    if (read) args.push(read);
  }
  if (args.length === 0)
    return refused(
      report,
      node,
      `"Query.${field.name}" has no argument that is a key field of ${getNamedType(field.type).name}: @lookup expects one`,
    );
  if (isList && args.length > 1)
    return refused(
      report,
      node,
      `"Query.${field.name}" has ${args.length} key arguments: a list look-up expects one list, of input objects where the key has several fields`,
    );
  return {
    field: field.name,
    returns: getNamedType(field.type).name,
    types: types.map(({ name }) => name),
    isList,
    key: args.flatMap(({ parts }) => parts.map(({ keyField }) => keyField)),
    arguments: args,
  };
}

function refused(report: Report, node: FieldDefinitionNode | InputValueDefinitionNode, message: string): undefined {
  report(node, message);
  return undefined;
}

function typesOf(field: GraphQLField<unknown, unknown>, schema: GraphQLSchema): readonly GraphQLObjectType[] {
  const outer = getNullableType(field.type);
  const item = isListType(outer) ? getNullableType(outer.ofType) : outer;
  if (isListType(item) || !isCompositeType(item)) return [];
  if (isAbstractType(item)) return schema.getPossibleTypes(item);
  return isObjectType(item) ? [item] : [];
}

interface ArgumentPlace {
  readonly argument: InputValueDefinitionNode;
  readonly known: GraphQLArgument;
  readonly types: readonly GraphQLObjectType[];
  readonly isList: boolean;
}

function faultOfList({ known, isList }: ArgumentPlace): string | undefined {
  const isListArgument = isListType(getNullableType(known.type));
  if (isListArgument === isList || !isRequiredArgument(known)) return undefined;
  const expected = isList ? 'a list, as the look-up returns one' : 'one value, as the look-up returns no list';
  return `argument "${known.name}" is ${String(known.type)}: expected ${expected}`;
}

/** The argument as part of the key; `undefined` for an optional one that is none; a text says what is wrong. */
function readArgument(place: ArgumentPlace): LookupArgument | string | undefined {
  const { argument, known, isList } = place;
  const outer = getNullableType(known.type);
  if (isListType(outer) !== isList) return undefined;
  const item: GraphQLInputType = isListType(outer) ? getNullableType(outer.ofType) : outer;
  const type = parseType(String(known.type), { noLocation: true });
  const is = directiveOf(argument, 'is');
  if (isInputObjectType(item)) {
    if (is) return `argument "${known.name}" is an input object: its fields name the key fields, @is cannot`;
    const parts = readInputObject(item, place);
    return typeof parts === 'string' ? parts : { name: known.name, type, isObject: true, parts };
  }
  const named = is && stringArgumentOf(is, 'field');
  const keyField = named ?? candidatesOf(place).find((name) => faultOfKeyField(name, item, place) === undefined);
  const fault = keyField === undefined ? undefined : faultOfKeyField(keyField, item, place);
  if (fault !== undefined) return fault;
  if (keyField !== undefined) {
    return { name: known.name, type, isObject: false, parts: [keyPart(keyField, keyField, item)] };
  }
  if (!isRequiredArgument(known)) return undefined;
  return `argument "${known.name}" is no key field of ${place.types.map(({ name }) => name).join(', ')}: expected the name of one, or @is(field: "...")`;
}

function candidatesOf({ known, isList }: ArgumentPlace): string[] {
  return isList && known.name.endsWith('s') ? [known.name, known.name.slice(0, -1)] : [known.name];
}

function keyPart(keyField: string, inputField: string, type: GraphQLInputType): KeyPart {
  const { name } = getNamedType(type);
  return { keyField, inputField, isText: name === 'ID' || name === 'String' };
}

function readInputObject(input: GraphQLInputType, place: ArgumentPlace): KeyPart[] | string {
  const parts: KeyPart[] = [];
  const type = getNamedType(input);
  if (!isInputObjectType(type)) return parts;
  for (const field of Object.values(type.getFields())) {
    const fault = faultOfKeyField(field.name, field.type, place);
    if (fault === undefined) parts.push(keyPart(field.name, field.name, field.type));
    else if (isRequiredInputField(field)) return `"${type.name}.${field.name}" is required: ${fault}`;
  }
  return parts.length > 0
    ? parts
    : `no field of ${type.name} is a key field of ${place.types.map(({ name }) => name).join(', ')}`;
}

const textTypes = new Set(['ID', 'String']);

function faultOfKeyField(name: string, type: GraphQLInputType, { types }: ArgumentPlace): string | undefined {
  const wanted = getNamedType(type).name;
  for (const owner of types) {
    const field = owner.getFields()[name];
    if (!field) return `"${owner.name}" has no field "${name}": expected a key field`;
    const found = getNullableType(field.type);
    if (!isLeafType(found)) return `"${owner.name}.${name}" is ${String(field.type)}: expected a scalar or an enum`;
    const isSame = found.name === wanted || (textTypes.has(found.name) && textTypes.has(wanted));
    if (!isSame) return `"${owner.name}.${name}" is ${found.name}, but the argument is ${wanted}: expected one type`;
  }
  return undefined;
}

/** The `@key` field set that the look-up makes its types resolvable by. */
export function keyOf(lookup: Lookup): string {
  return lookup.key.join(' ');
}
