import { getNamedType, TypeInfo, visit, visitWithTypeInfo, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Example } from '../../support/generated/example.ts';

/**
 * Where the stitched engine is wrong, so that the monolith rules and an operation is compared to the compiled engine
 * only. The stitched engine stays for what the planner declines; what is listed here is why it is not the default.
 */
export interface KnownDefect {
  /** What is wrong, and what a client gets. */
  readonly reason: string;
  /** Each matches `Type.field: NamedType` of a field of a generated graph that an operation asks for to get there. */
  readonly touches: readonly RegExp[];
  /** A case that shows it, and that the compiled engine gets right. */
  readonly example: Example;
}

export const knownDefects: readonly KnownDefect[] = [
  {
    reason: '@requires with fragments on a union: delegation fails with "type.getFields is not a function"',
    touches: [/\.rights\d+:/],
    example: {
      subgraphs: {
        accounts: `
          type Query { users: [User!]! }
          type User @key(fields: "id") { id: ID! rank: Rank! }
          union Rank = Guest | Member
          type Guest @shareable { stamp: String }
          type Member @shareable { level: Int }
        `,
        access: `
          type User @key(fields: "id") {
            id: ID!
            rank: Rank! @external
            rights: String @requires(fields: "rank { ... on Guest { stamp } ... on Member { level } }")
          }
          union Rank = Guest | Member
          type Guest @shareable { stamp: String }
          type Member @shareable { level: Int }
        `,
      },
      query: '{ users { rights } }',
    },
  },
  {
    reason: '@requires below a mutation: the field is asked of its upstream without what it requires',
    touches: [/\.(output|chained|tag)\d+:/],
    example: {
      subgraphs: {
        prices: 'type Query { dear: Mill } type Mill @key(fields: "id") { id: ID! price: Int }',
        taxes: `
          type Mutation { setTax: Mill }
          type Mill @key(fields: "id") { id: ID! price: Int @external tax: Int @requires(fields: "price") }
        `,
      },
      query: 'mutation { setTax { tax } }',
    },
  },
  {
    reason:
      '@provides: an entity that came with provided fields is null, without an error, where it has others elsewhere',
    touches: [/\.(brings\d+|near):/],
    example: { graph: 1, query: '{ root4 { brings45 { shade30 } } }' },
  },
  {
    reason:
      'shared root fields: an aliased field that only another upstream has is null, without an error, from the second item on',
    touches: [/\.(common|find)\d+:/],
    example: { graph: 1, query: '{ common32 { a2: leaf20(a: true) given44 } }' },
  },
  {
    reason: 'value types that differ: fields that only another upstream has are null, without an error',
    touches: [/\.size\d+:/],
    example: { graph: 78, query: '{ root62(a: 1) { size28 { height width } } }' },
  },
  {
    reason: 'progressive @override: the upstream that overrides is asked although no label is set',
    touches: [/\.moving\d+:/],
    example: {
      subgraphs: {
        old: 'type Mill @key(fields: "id") { id: ID! name: String }',
        new: `
          type Query { mill: Mill! }
          type Mill @key(fields: "id") { id: ID! name: String @override(from: "old", label: "beta") }
        `,
      },
      query: '{ mill { name } }',
    },
  },
  {
    reason: 'interface objects: an entity that a field of one leads to is null, without an error',
    touches: [/^(Media|Book|Film|Reel)\d+\.|: (Media|Book|Film|Reel)\d+$/],
    example: { graph: 1, query: '{ root58 { near60 { leaf8 } } }' },
  },
  {
    reason: 'a field of an interface that a type has in another upstream: "Was not able to find any options"',
    touches: [/^Named\d+\.|\.label\d+:|: Named\d+$/],
    example: {
      subgraphs: {
        ash: `
          type Query { named: Named! }
          interface Named { label: String }
          type Mill implements Named @key(fields: "id") { id: ID! label: String @external }
        `,
        birch: 'type Mill @key(fields: "id") { id: ID! label: String @shareable }',
      },
      query: '{ named { label } }',
    },
  },
];

/** The defect that an operation runs into; undefined where the stitched engine should be right. */
export function knownDefect(schema: GraphQLSchema, document: DocumentNode): KnownDefect | undefined {
  const typeInfo = new TypeInfo(schema);
  const touched = new Set<string>();
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field: ({ name }) => {
        touched.add(`${typeInfo.getParentType()?.name}.${name.value}: ${String(getNamedType(typeInfo.getType()))}`);
      },
    }),
  );
  return knownDefects.find(({ touches }) =>
    touches.every((pattern) => [...touched].some((each) => pattern.test(each))),
  );
}
