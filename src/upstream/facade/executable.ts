import { buildASTSchema, execute, GraphQLError, isAbstractType, isObjectType, Kind, parse } from 'graphql';
import type {
  DefinitionNode,
  DocumentNode,
  ExecutionResult,
  GraphQLFieldResolver,
  GraphQLField,
  GraphQLObjectType,
  GraphQLResolveInfo,
  GraphQLSchema,
} from 'graphql';
import { GatewayError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type { FacadeRequest, RequestScope } from '../types.ts';
import { failedResult, toGraphqlError } from './graphql/errors.ts';

/**
 * A source schema that this process runs itself: federation SDL goes in, a schema with `_entities` comes out. Who fills
 * a field is not decided here, and no network is seen from here.
 */

export interface ExecutionContext {
  readonly scope: RequestScope;
}

export type FieldResolver = GraphQLFieldResolver<unknown, ExecutionContext>;

/** A representation, as in the Federation spec: `__typename` and the fields that are known. */
export type Representation = Readonly<Record<string, unknown>> & { readonly __typename: string };

export interface EntityRequest {
  readonly type: GraphQLObjectType;
  readonly representation: Representation;
  readonly scope: RequestScope;
  readonly info: GraphQLResolveInfo;
}

export interface ExecutableOptions {
  /** Upstream name, for errors. */
  readonly name: string;
  /** Federation SDL; directives are not looked at, save `@key`. */
  readonly sdl: DocumentNode;
  /** What fills a field of an object type. */
  readonly resolverOf: (type: GraphQLObjectType, field: GraphQLField<unknown, unknown>) => FieldResolver;
  /** The entity that a representation stands for; null where there is none. */
  readonly entity: (request: EntityRequest) => unknown;
  /** The GraphQL type of a value of an interface or union type. */
  readonly typenameOf: (value: unknown) => string | undefined;
  /** What an error that is no `GatewayError` means. */
  readonly unknownError: ErrorCode;
}

export interface Executable {
  readonly schema: GraphQLSchema;
  /** Never rejects. */
  readonly run: (request: FacadeRequest) => Promise<ExecutionResult>;
}

/** Builds the schema and attaches what fills its fields. */
export function buildExecutable(options: ExecutableOptions): Executable {
  const schema = buildSourceSchema(withEntities(options.sdl));
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isAbstractType(type)) type.resolveType = (value) => options.typenameOf(value);
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const isEntities = field.name === '_entities' && type === schema.getQueryType();
      field.resolve = (isEntities ? entitiesResolver(options, schema) : options.resolverOf(type, field)) as never;
    }
  }
  return { schema, run: (request) => run(schema, options, request) };
}

/**
 * The schema that federation SDL describes, without federation's own fields; nothing fills it. Pure.
 *
 * @throws {Error} naming a type that the SDL refers to and does not define.
 */
export function buildSourceSchema(sdl: DocumentNode): GraphQLSchema {
  const document = { kind: Kind.DOCUMENT, definitions: asDefinitions(sdl) } as const;
  return buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
}

async function run(
  schema: GraphQLSchema,
  options: ExecutableOptions,
  request: FacadeRequest,
): Promise<ExecutionResult> {
  try {
    const contextValue: ExecutionContext = { scope: request.scope };
    const { document, variables: variableValues } = request;
    const result = await execute({ schema, document, variableValues, contextValue });
    if (!result.errors) return result;
    return { ...result, errors: result.errors.map((error) => asFacadeError(error, options)) };
  } catch (cause) {
    return failedResult(cause, options.name);
  }
}

/** Every error of a facade has a `GatewayError` as its original: whoever writes the answer asks that what clients may see. */
function asFacadeError(error: GraphQLError, { name, unknownError }: ExecutableOptions): GraphQLError {
  const { originalError, path } = error;
  const known =
    originalError instanceof GatewayError
      ? originalError
      : new GatewayError(unknownError, `${name}: ${textOf(error)}`, { upstream: name, cause: originalError ?? error });
  return toGraphqlError(known, path);
}

/** What GraphQL says of a value quotes it; what a resolver function throws is its author's own text. */
function textOf({ originalError, path, message }: GraphQLError): string {
  if (originalError !== undefined && !(originalError instanceof GraphQLError)) return message;
  return `the value at "${path?.join('.') ?? ''}" does not fit the schema`;
}

function entitiesResolver({ entity, name }: ExecutableOptions, schema: GraphQLSchema): FieldResolver {
  return (_root, args, { scope }, info) =>
    (args['representations'] as readonly Representation[]).map(async (representation) => {
      const type = schema.getType(representation.__typename);
      if (!isObjectType(type)) {
        throw new GatewayError(
          'INTERNAL_ERROR',
          `${name} was asked for a "${representation.__typename}", which it does not know`,
          { upstream: name },
        );
      }
      return entity({ type, representation, scope, info });
    });
}

/** The SDL as plain GraphQL: extensions without a base become definitions, federation's own root fields come in. */
function withEntities(sdl: DocumentNode): DocumentNode {
  const definitions = asDefinitions(sdl);
  const entities = definitions.flatMap((node) =>
    node.kind === Kind.OBJECT_TYPE_DEFINITION && node.directives?.some(({ name }) => name.value === 'key')
      ? [node.name.value]
      : [],
  );
  const queries = definitions.some((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value === 'Query');
  const added = `
    scalar _Any
    ${entities.length > 0 ? `union _Entity = ${entities.join(' | ')}` : ''}
    ${queries ? 'extend type Query' : 'type Query'} {
      _entities(representations: [_Any!]!): [${entities.length > 0 ? '_Entity' : '_Any'}]!
    }`;
  return { kind: Kind.DOCUMENT, definitions: [...definitions, ...parse(added).definitions] };
}

function asDefinitions(sdl: DocumentNode): DefinitionNode[] {
  const defined = new Set<string>();
  for (const node of sdl.definitions) if (node.kind.endsWith('TypeDefinition')) defined.add(nameOf(node));
  return sdl.definitions.flatMap((node) => {
    if (node.kind === Kind.DIRECTIVE_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION) return [];
    if (!node.kind.endsWith('TypeExtension') || defined.has(nameOf(node))) return [node];
    defined.add(nameOf(node));
    return [{ ...node, kind: node.kind.replace('Extension', 'Definition') } as DefinitionNode];
  });
}

function nameOf(node: DefinitionNode): string {
  return 'name' in node && node.name ? node.name.value : '';
}
