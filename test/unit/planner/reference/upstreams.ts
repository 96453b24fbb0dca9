import {
  buildASTSchema,
  execute,
  Kind,
  parse,
  parseType,
  parseValue,
  validate,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type ExecutionResult,
  type FieldDefinitionNode,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import type { FieldInUpstream, FieldSet, JoinGraph } from '../../../../src/composition/join-graph/types.ts';
import type { World, WorldObject, WorldValue } from './world.ts';

/** An object as one upstream hands it on. */
interface Handed {
  readonly object: WorldObject;
  readonly provided?: FieldSet;
  readonly representation?: Readonly<Record<string, unknown>>;
}

export interface UpstreamsInput {
  readonly supergraph: DocumentNode;
  readonly graph: JoinGraph;
  readonly world: World;
  /** Knows every type and field with its arguments. */
  readonly full: GraphQLSchema;
  readonly overrideLabels: ReadonlySet<string>;
}

export type Ask = (upstream: string, text: string, variables: Readonly<Record<string, unknown>>) => ExecutionResult;

/**
 * One federation server per upstream, over the same world. Each refuses what a real one could not answer: external
 * fields that nobody provides, overridden fields, and `@requires` fields without the right representation.
 */
export function startUpstreams(input: UpstreamsInput): Ask {
  const schemas = input.graph.upstreams.map((_, index) => upstreamSchema(input, index));
  return (upstream, text, variables) => {
    const index = input.graph.upstreams.indexOf(upstream);
    const schema = schemas[index];
    if (!schema) throw new Error(`no upstream "${upstream}"`);
    const document = parse(text);
    const [problem] = validate(schema, document);
    if (problem) throw new Error(`"${upstream}" refuses ${text}: ${problem.message}`);
    const rootValue: Handed = { object: { type: rootType(input.graph, text), seed: 'root' } };
    const resolver = new Resolver(input, index);
    const result = execute({
      schema,
      document,
      variableValues: variables,
      rootValue,
      fieldResolver: resolver.field,
      typeResolver: resolver.type,
    });
    return result as ExecutionResult;
  };
}

function rootType({ roots }: JoinGraph, text: string): string {
  if (text.startsWith('mutation')) return roots.mutation ?? '';
  return text.startsWith('subscription') ? (roots.subscription ?? '') : roots.query;
}

class Resolver {
  readonly #input: UpstreamsInput;
  readonly #index: number;
  constructor(input: UpstreamsInput, index: number) {
    this.#input = input;
    this.#index = index;
  }

  readonly type = ({ object }: Handed): string => {
    const type = this.#input.graph.types.get(object.type);
    if (type?.upstreams.has(this.#index)) return object.type;
    return (
      type?.interfaces.find(
        (name) => this.#input.graph.types.get(name)?.upstreams.get(this.#index)?.isInterfaceObject,
      ) ?? object.type
    );
  };

  readonly field = (
    source: Handed,
    args: Readonly<Record<string, unknown>>,
    _: unknown,
    info: GraphQLResolveInfo,
  ): unknown => {
    if (info.fieldName === '_entities')
      return (args['representations'] as Handed['representation'][]).map((one) => this.#entity(one ?? {}));
    const { graph, overrideLabels } = this.#input;
    const field = graph.types.get(info.parentType.name)?.fields.get(info.fieldName)?.upstreams.get(this.#index);
    const where = `${graph.upstreams[this.#index]}: ${info.parentType.name}.${info.fieldName}`;
    if (!field) throw new Error(`${where} is not a field here`);
    const provided = source.provided?.find(
      (one) => one.name === info.fieldName && (!one.on || one.on.includes(source.object.type)),
    );
    if (field.external && !provided) throw new Error(`${where} is external`);
    if (field.label && overrideLabels.has(field.label.name) !== field.label.active)
      throw new Error(`${where} is overridden`);
    if (field.requires && !provided) this.#checkRequired(source, field, where);
    const value = this.#value(source.object, info.fieldName, args);
    const below = [...(field.provides ?? []), ...(provided?.fields ?? [])];
    return hand(value, below.length > 0 ? below : undefined);
  };

  #value(object: WorldObject, name: string, args: object): WorldValue {
    const type = fullField(this.#input.full, object.type, name);
    return this.#input.world.valueOf(object, name, { args, type: type.type });
  }

  #entity(representation: Readonly<Record<string, unknown>>): Handed | null {
    const { graph, world } = this.#input;
    const name = String(representation['__typename']);
    const type = graph.types.get(name);
    const keys = (type?.upstreams.get(this.#index)?.keys ?? []).filter(({ resolvable }) => resolvable);
    for (const candidate of (type?.possible ?? []).flatMap((possible) => world.entities(possible))) {
      if (keys.some((key) => this.#matches(candidate, key.fields, representation)))
        return { object: candidate, representation };
    }
    throw new Error(`${graph.upstreams[this.#index]}: no entity ${JSON.stringify(representation)}`);
  }

  #checkRequired(source: Handed, { requires }: FieldInUpstream, where: string): void {
    if (requires && !this.#matches(source.object, requires.fields, source.representation ?? {})) {
      throw new Error(`${where} requires "${requires.text}", but got: ${JSON.stringify(source.representation)}`);
    }
  }

  /** Whether a representation holds just what the world has for these fields. */
  #matches(object: WorldObject, fields: FieldSet, representation: unknown): boolean {
    if (typeof representation !== 'object' || representation === null) return false;
    return fields.every((field) => {
      if (field.name === '__typename' || (field.on && !field.on.includes(object.type))) return true;
      const args = Object.fromEntries(
        field.arguments.map(({ name, value }) => [name, valueFromASTUntyped(parseValue(value))]),
      );
      return this.#equal(this.#value(object, field.name, args), field.fields, Reflect.get(representation, field.name));
    });
  }

  #equal(value: WorldValue, below: FieldSet | undefined, given: unknown): boolean {
    if (Array.isArray(value)) {
      return (
        Array.isArray(given) &&
        given.length === value.length &&
        value.every((item: WorldValue, index) => this.#equal(item, below, given[index]))
      );
    }
    if (typeof value === 'object' && value !== null) return this.#matches(value as WorldObject, below ?? [], given);
    return value === given;
  }
}

export function fullField(full: GraphQLSchema, type: string, name: string) {
  const definition = full.getType(type);
  const field = definition && 'getFields' in definition ? definition.getFields()[name] : undefined;
  if (!field || !('args' in field)) throw new Error(`no field "${type}.${name}"`);
  return field;
}

function hand(value: WorldValue, provided: FieldSet | undefined): unknown {
  if (Array.isArray(value)) return value.map((item: WorldValue) => hand(item, provided));
  if (typeof value !== 'object' || value === null) return value;
  return { object: value as WorldObject, ...(provided && { provided }) } satisfies Handed;
}

/** The schema of one upstream, taken back out of the supergraph. */
function upstreamSchema({ supergraph, graph }: UpstreamsInput, index: number): GraphQLSchema {
  const definitions: DefinitionNode[] = supergraph.definitions.flatMap((node) => definitionIn(node, graph, index));
  const entities = [...graph.types.values()].filter((type) => {
    const there = type.upstreams.get(index);
    return there && there.keys.length > 0 && (type.kind === 'object' || there.isInterfaceObject);
  });
  const union = entities.length > 0 ? `union _Entity = ${entities.map(({ name }) => name).join('|')}\n` : '';
  const field = entities.length > 0 ? '_entities(representations: [_Any!]!): [_Entity]!' : '_none: Int';
  const { query, mutation, subscription } = graph.roots;
  const has = (name: string | undefined) =>
    name !== undefined && definitions.some((node) => 'name' in node && node.name?.value === name);
  const roots = `query: ${query} ${has(mutation) ? `mutation: ${mutation}` : ''} ${has(subscription) ? `subscription: ${subscription}` : ''}`;
  const extra = parse(
    `schema { ${roots} }\nscalar _Any\n${union}${has(query) ? 'extend ' : ''}type ${query} { ${field} }`,
  );
  return buildASTSchema(
    { kind: Kind.DOCUMENT, definitions: [...definitions, ...extra.definitions] },
    { assumeValidSDL: true },
  );
}

function definitionIn(node: DefinitionNode, graph: JoinGraph, index: number): DefinitionNode[] {
  if (!('name' in node) || !node.name || node.kind === Kind.DIRECTIVE_DEFINITION) return [];
  const type = graph.types.get(node.name.value);
  const there = type?.upstreams.get(index);
  if (!type || !there) return [];
  const directives: ConstDirectiveNode[] = [];
  if (node.kind === Kind.UNION_TYPE_DEFINITION)
    return [
      { ...node, directives, types: (node.types ?? []).filter(({ name }) => there.possible.includes(name.value)) },
    ];
  if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION)
    return [{ ...node, directives }];
  const fields = (node.fields ?? []).flatMap((field): FieldDefinitionNode[] => {
    const inUpstream = type.fields.get(field.name.value)?.upstreams.get(index);
    return inUpstream ? [{ ...field, directives, type: parseType(inUpstream.type.text) }] : [];
  });
  if (fields.length === 0) return [];
  const interfaces = (node.interfaces ?? []).filter(({ name }) => {
    const implemented = graph.types.get(name.value)?.upstreams.get(index);
    return (
      implemented &&
      !implemented.isInterfaceObject &&
      (node.kind === Kind.INTERFACE_TYPE_DEFINITION || implemented.possible.includes(node.name.value))
    );
  });
  const kind = there.isInterfaceObject ? Kind.OBJECT_TYPE_DEFINITION : node.kind;
  return [{ ...node, kind, directives, fields, interfaces }];
}
