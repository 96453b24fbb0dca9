import { buildSchema } from 'graphql';
import type { Bound } from '../../../src/operation/documents/excess.ts';

/** A schema that lets a document be as deep, as wide and as cyclic as it likes. */
export const attackedSchema = buildSchema(`
  input Filter { id: ID name: String not: Filter }
  type Query { user(id: ID, filter: Filter): User users(ids: [ID]): [User] name: String list(of: [[Int]]): String }
  type User { id: ID name: String best: User worst: User friends(first: Int): [User] }
`);

export function times(count: number, make: (index: number) => string, separator = ' '): string {
  return Array.from({ length: count }, (_, index) => make(index)).join(separator);
}

function nest(open: string, levels: number, within: string, close: string): string {
  return open.repeat(levels) + within + close.repeat(levels);
}

function fragmentNest(body: (next: string) => string): string {
  const fragments = times(30, (index) => `fragment F${index} on User {${body(`...F${index + 1}`)}}`);
  return `{ user { ...F0 } } ${fragments} fragment F30 on User { id }`;
}

export interface Attack {
  readonly name: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The bound that refuses it, of the default ones. */
  readonly bound: Bound;
  /** The bound that refuses it where bytes are not bounded. Default: the same. */
  readonly unlessBytes?: Bound;
}

/** Documents built to explode. */
export const attacks: readonly Attack[] = [
  {
    name: '100,000 aliases of a root field',
    query: `{${times(100_000, (index) => `a${index}:name`)}}`,
    bound: 'maxBytes',
    unlessBytes: 'maxRootFields',
  },
  {
    name: '100,000 aliases below a root field',
    query: `{user{${times(100_000, (index) => `a${index}:id`)}}}`,
    bound: 'maxBytes',
    unlessBytes: 'maxAliases',
  },
  {
    name: '4,900 aliases by fragments',
    query: `{user{${times(70, () => '...F')} ${times(70, (index) => `x${index}:best{...F}`)}}} fragment F on User{${times(70, (index) => `a${index}:id`)}}`,
    bound: 'maxAliases',
  },
  {
    name: '2 to the power of 30 aliases',
    query: fragmentNest((next) => `a:best{${next}} b:best{${next}}`),
    bound: 'maxAliases',
  },
  {
    name: '2 to the power of 30 fields',
    query: fragmentNest((next) => `best{${next}} worst{${next}}`),
    bound: 'maxFields',
  },
  { name: '2 to the power of 30 spreads', query: fragmentNest((next) => `${next} ${next}`), bound: 'maxFields' },
  {
    name: '5,000 of one root field',
    query: `{${times(5000, () => 'name')}}`,
    bound: 'maxRootFields',
  },
  {
    name: '100,000 tokens',
    query: `{user{${times(100_000, () => 'id')}}}`,
    bound: 'maxBytes',
    unlessBytes: 'maxTokens',
  },
  { name: '20,000 tokens', query: `{user{${times(20_000, () => 'id')}}}`, bound: 'maxTokens' },
  { name: '20,000 comments', query: `{name\n${times(20_000, () => '#', '\n')}\n}`, bound: 'maxTokens' },
  {
    name: 'fields 100,000 deep',
    query: nest('{best', 100_000, '{id}', '}'),
    bound: 'maxBytes',
    unlessBytes: 'maxDepth',
  },
  { name: 'fields 10,000 deep', query: nest('{best', 10_000, '{id}', '}'), bound: 'maxDepth' },
  { name: 'inline fragments 10,000 deep', query: `{${nest('...{', 10_000, 'name', '}')}}`, bound: 'maxNesting' },
  { name: 'lists 10,000 deep', query: `{list(of:${nest('[', 10_000, '', ']')})}`, bound: 'maxNesting' },
  {
    name: 'objects 10,000 deep',
    query: `{user(filter:${nest('{not:', 10_000, 'null', '}')}){id}}`,
    bound: 'maxNesting',
  },
  { name: 'a type 10,000 lists deep', query: `query($a:${nest('[', 10_000, 'Int', ']')}){name}`, bound: 'maxNesting' },
  { name: 'a list of 10,000 items', query: `{users(ids:[${times(10_000, String)}]){id}}`, bound: 'maxListItems' },
  { name: '4,000 directives', query: `{name ${times(4000, () => '@skip(if:true)')}}`, bound: 'maxDirectives' },
  { name: 'a string of 1 MiB', query: `{user(id:"${'x'.repeat(1024 * 1024)}"){id}}`, bound: 'maxBytes' },
  { name: 'a block string of 1 MiB', query: `{user(id:"""${'x\n'.repeat(512 * 1024)}"""){id}}`, bound: 'maxBytes' },
  { name: 'a comment of 1 MiB', query: `#${'x'.repeat(1024 * 1024)}\n{name}`, bound: 'maxBytes' },
  { name: '2,500 operations', query: times(2500, (index) => `query q${index}{name}`), bound: 'maxOperations' },
  { name: '2,500 operations without a name', query: times(2500, () => '{name}'), bound: 'maxOperations' },
  { name: '3,000 equal leaves', query: `{user{${times(3000, () => 'id')}}}`, bound: 'maxOverlaps' },
  { name: '2,400 equal objects', query: `{user{${times(2400, () => 'best{id}')}}}`, bound: 'maxOverlaps' },
  {
    name: 'equal objects within equal objects',
    query: `{user{${times(60, () => `best{${times(20, () => 'worst{id}')}}`)}}}`,
    bound: 'maxOverlaps',
  },
  {
    name: '240 fragments that meet in one place',
    query: `{user{${times(240, (index) => `...F${index}`)}}} ${times(240, (index) => `fragment F${index} on User{id}`)}`,
    bound: 'maxOverlaps',
  },
  {
    name: '2,400 equal objects around a fragment that spreads itself',
    query: `{user{...F ${times(2400, () => 'best{id}')}}} fragment F on User{best{...F}}`,
    bound: 'maxOverlaps',
  },
  {
    name: '2,400 equal objects in a fragment that nothing spreads',
    query: `{name} fragment F on User{${times(2400, () => 'best{id}')}}`,
    bound: 'maxOverlaps',
  },
  {
    name: 'a list of 100,000 variables',
    query: 'query($ids:[ID]){users(ids:$ids){id}}',
    variables: { ids: Array.from({ length: 100_000 }, (_, index) => index) },
    bound: 'maxListItems',
  },
  {
    name: 'variables 10,000 deep',
    query: 'query($of:[[Int]]){list(of:$of)}',
    variables: { of: JSON.parse(nest('[', 10_000, '', ']')) as unknown },
    bound: 'maxNesting',
  },
];
