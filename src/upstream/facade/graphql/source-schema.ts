import {
  buildASTSchema,
  isTypeDefinitionNode,
  Kind,
  parse,
  printSchema,
  visit,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  type TypeDefinitionNode,
} from 'graphql';
import { nameNode } from './documents.ts';
import { keyOf, readLookup, type Lookup } from './lookups.ts';
import { applyOverlay } from './overlay.ts';
import { reportTo, stringArgumentOf, type Report, type SchemaProblem } from './sdl.ts';

export interface GraphqlSource {
  readonly name: string;
  /** What the server says of itself: introspected, or a file. */
  readonly upstreamSdl: DocumentNode;
  /** `schema/<name>.graphql`, parsed with locations. */
  readonly overlay: DocumentNode | undefined;
  /** Named in problems. */
  readonly overlayFile: string;
}

export interface GraphqlSourceSchema {
  /** Federation 2 SDL for composition: root types are `Query`, `Mutation`, `Subscription`, whatever the server calls them. */
  readonly sourceSchema: DocumentNode;
  readonly lookups: readonly Lookup[];
  readonly problems: readonly SchemaProblem[];
  /** The server's own schema, as `createGraphqlFacade` wants it. */
  readonly upstreamSchema: GraphQLSchema;
}

/** A plain GraphQL server's schema as a subgraph's: what look-ups find becomes an entity. Pure. */
export function graphqlSourceSchema({ name, upstreamSdl, overlay, overlayFile }: GraphqlSource): GraphqlSourceSchema {
  const problems: SchemaProblem[] = [];
  const report = reportTo(problems, overlayFile);
  const schema = buildUpstreamSchema(name, upstreamSdl, problems);
  const types = typesOf(schema);
  const marked: FieldDefinitionNode[] = [];
  if (overlay) applyOverlay(types, overlay, { report, lookups: marked });
  const lookups = marked.flatMap((node) => readLookup(node, { schema, report }) ?? []);
  addKeys(types, lookups, report);
  return {
    sourceSchema: { kind: Kind.DOCUMENT, definitions: [...federationLink, ...types.values()] },
    lookups,
    problems,
    upstreamSchema: schema,
  };
}

const federationLink = parse(
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@inaccessible",
  "@tag", "@override", "@authenticated", "@requiresScopes", "@policy", "@cost", "@listSize"])`,
  { noLocation: true },
).definitions;

function buildUpstreamSchema(name: string, sdl: DocumentNode, problems: SchemaProblem[]): GraphQLSchema {
  try {
    // The server has checked its own schema; directives that only it knows are no fault.
    const schema = buildASTSchema(sdl, { assumeValidSDL: true });
    for (const canonical of renamedRoots(schema).values()) {
      if (schema.getType(canonical))
        throw new TypeError(`"${canonical}" is a type, but not the root type of that name`);
    }
    return schema;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    problems.push({
      message: `the schema of upstream "${name}" is not valid: ${message}`,
      file: name,
      line: 1,
      column: 1,
    });
    return buildASTSchema(parse('type Query { _empty: Boolean }'));
  }
}

const rootOperations = ['query', 'mutation', 'subscription'] as const;
type RootOperation = (typeof rootOperations)[number];

const rootNames: Readonly<Record<RootOperation, string>> = {
  query: 'Query',
  mutation: 'Mutation',
  subscription: 'Subscription',
};

/** The server's names of the root types, and what the supergraph calls them; empty where they are the same. */
export function renamedRoots(schema: GraphQLSchema): ReadonlyMap<string, string> {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const renamed = new Map<string, string>();
  for (const [index, operation] of rootOperations.entries()) {
    const own = roots[index]?.name;
    if (own !== undefined && own !== rootNames[operation]) renamed.set(own, rootNames[operation]);
  }
  return renamed;
}

// What a federation server adds to its own schema: read as a plain server, it must not offer them.
const federationTypes = new Set(['_Any', '_Entity', '_Service', '_FieldSet']);
const federationFields = new Set(['_entities', '_service']);

/** The types by name, printed and read again: one definition each, without directives that only the server knows. */
function typesOf(schema: GraphQLSchema): Map<string, TypeDefinitionNode> {
  const renamed = renamedRoots(schema);
  const types = new Map<string, TypeDefinitionNode>();
  for (const node of parse(printSchema(schema), { noLocation: true }).definitions) {
    if (!isTypeDefinitionNode(node) || federationTypes.has(node.name.value)) continue;
    const type = withoutFederationFields(renamed.size > 0 ? renamedType(node, renamed) : node);
    types.set(type.name.value, type);
  }
  return types;
}

function renamedType(node: TypeDefinitionNode, renamed: ReadonlyMap<string, string>): TypeDefinitionNode {
  const rename = (name: string) => nameNode(renamed.get(name) ?? name);
  const inside = visit(node, { NamedType: (named) => ({ ...named, name: rename(named.name.value) }) });
  return { ...inside, name: rename(node.name.value) };
}

function withoutFederationFields(node: TypeDefinitionNode): TypeDefinitionNode {
  if (node.kind !== Kind.OBJECT_TYPE_DEFINITION || node.name.value !== rootNames.query) return node;
  return { ...node, fields: (node.fields ?? []).filter(({ name }) => !federationFields.has(name.value)) };
}

/** Gives each type that look-ups find their keys, and refuses keys that no look-up answers for. */
function addKeys(types: Map<string, TypeDefinitionNode>, lookups: readonly Lookup[], report: Report): void {
  for (const [name, type] of types) {
    const found = new Set(lookups.filter((lookup) => lookup.types.includes(name)).map(keyOf));
    const declared = (type.directives ?? []).filter((directive) => directive.name.value === 'key');
    for (const key of declared) {
      const fields = stringArgumentOf(key, 'fields');
      if (isResolvable(key) && (fields === undefined || !found.has(fields))) {
        report(
          key,
          `no look-up finds "${name}" by "${fields ?? ''}": mark a root field with @lookup, or add resolvable: false`,
        );
      }
      if (fields !== undefined) found.delete(fields);
    }
    if (found.size === 0) continue;
    types.set(name, { ...type, directives: [...(type.directives ?? []), ...[...found].map(keyDirective)] });
  }
}

function isResolvable(key: ConstDirectiveNode): boolean {
  const value = key.arguments?.find((argument) => argument.name.value === 'resolvable')?.value;
  return !(value?.kind === Kind.BOOLEAN && !value.value);
}

function keyDirective(fields: string): ConstDirectiveNode {
  const argument = {
    kind: Kind.ARGUMENT,
    name: nameNode('fields'),
    value: { kind: Kind.STRING, value: fields },
  } as const;
  return { kind: Kind.DIRECTIVE, name: nameNode('key'), arguments: [argument] };
}
