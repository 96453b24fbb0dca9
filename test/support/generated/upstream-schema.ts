import { buildASTSchema, Kind, parse, print, type GraphQLSchema } from 'graphql';
import type { Subgraph } from './subgraph.ts';

/** The subgraph's SDL as plain GraphQL, with federation's own root field. */
export function schemaOf({ types, definitions }: Subgraph): GraphQLSchema {
  const entities = [...types.values()].flatMap(({ name, kind, keys }) =>
    kind === 'object' && keys.some(({ isResolvable }) => isResolvable) ? [name] : [],
  );
  const used = new Set(
    definitions.flatMap((node) => [...print(node).matchAll(/\bfederation__\w+/g)].map(([name]) => name)),
  );
  const query = types.has('Query') ? 'extend type Query' : 'type Query';
  const added = parse(
    `scalar _Any ${[...used].map((name) => `scalar ${name}`).join(' ')}
    ${entities.length > 0 ? `union _Entity = ${entities.join(' | ')}` : ''}
    ${query} { ${entities.length > 0 ? '_entities(representations: [_Any!]!): [_Entity]!' : '_none: Int'} }`,
  );
  return buildASTSchema(
    { kind: Kind.DOCUMENT, definitions: [...definitions, ...added.definitions] },
    { assumeValid: true, assumeValidSDL: true },
  );
}
