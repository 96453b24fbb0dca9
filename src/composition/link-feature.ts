import { extractLinkImplementations } from '@theguild/federation-composition';
import {
  Kind,
  parse,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type SchemaDefinitionNode,
} from 'graphql';

/**
 * Directives that Weft puts on a supergraph after it was composed must be linked and defined there, as composition does
 * with those that upstreams use.
 *
 * @see {@link https://specs.apollo.dev/link/v1.0/ | link v1.0}
 */

const features = {
  inaccessible: {
    version: 'v0.2',
    sdl: `directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | ENUM_VALUE | SCALAR
      | INPUT_OBJECT | INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION`,
  },
  authenticated: {
    version: 'v0.1',
    sdl: 'directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM',
  },
  requiresScopes: {
    version: 'v0.1',
    sdl: `directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE
      | SCALAR | ENUM
      scalar requiresScopes__Scope`,
  },
  policy: {
    version: 'v0.1',
    sdl: `directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
      scalar policy__Policy`,
  },
} as const;

export type Feature = keyof typeof features;

/** The supergraph with the feature linked and defined; the same document where it is. Pure. */
export function withFeature(supergraph: DocumentNode, feature: Feature): DocumentNode {
  const { version, sdl } = features[feature];
  const identity = `https://specs.apollo.dev/${feature}`;
  if (extractLinkImplementations(supergraph).links.some((link) => link.identity === identity)) return supergraph;
  const known = new Set(supergraph.definitions.map(nameOf));
  const missing = parse(sdl, { noLocation: true }).definitions.filter((node) => !known.has(nameOf(node)));
  const definitions = supergraph.definitions.map((node) =>
    node.kind === Kind.SCHEMA_DEFINITION ? linked(node, `${identity}/${version}`) : node,
  );
  const at = definitions.findIndex(({ kind }) => kind === Kind.SCHEMA_DEFINITION) + 1;
  return { ...supergraph, definitions: [...definitions.slice(0, at), ...missing, ...definitions.slice(at)] };
}

function nameOf(node: DefinitionNode): string {
  return 'name' in node && node.name ? `${node.kind} ${node.name.value}` : node.kind;
}

function linked(schema: SchemaDefinitionNode, url: string): SchemaDefinitionNode {
  const name = (value: string) => ({ kind: Kind.NAME, value }) as const;
  const link: ConstDirectiveNode = {
    kind: Kind.DIRECTIVE,
    name: name('link'),
    arguments: [
      { kind: Kind.ARGUMENT, name: name('url'), value: { kind: Kind.STRING, value: url } },
      { kind: Kind.ARGUMENT, name: name('for'), value: { kind: Kind.ENUM, value: 'SECURITY' } },
    ],
  };
  return { ...schema, directives: [...(schema.directives ?? []), link] };
}
