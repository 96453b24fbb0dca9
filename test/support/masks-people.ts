import type { SubgraphText } from './generated/rig.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@requires", "@external", ' +
  '"@shareable", "@interfaceObject", "@authenticated", "@requiresScopes"])\n';

/** Two upstreams whose fields and types are guarded by scopes of their own names. */
export const guardedPeople: readonly SubgraphText[] = [
  {
    name: 'people',
    sdl: `${link}
      type Query {
        me: Person!
        people: [Person!]!
        found(page: Int): [Found]!
        foundAll(page: Int): [Found!]!
        named: [[Named]!]!
        vault: Vault
        safe: Safe
        page: Page!
      }
      type Mutation {
        rename(name: String): Person
        erase(id: ID): Boolean @requiresScopes(scopes: [["admin"]])
      }
      interface Named { id: ID! name: String }
      type Person implements Named @key(fields: "id") {
        id: ID!
        name: String
        email: String @requiresScopes(scopes: [["email"]])
        token: String! @requiresScopes(scopes: [["token"]])
        rank: Int @requiresScopes(scopes: [["rank"]])
        friends: [[Person!]!]!
      }
      type Bot implements Named @key(fields: "id") @requiresScopes(scopes: [["bot"]]) {
        id: ID!
        name: String
        email: String
      }
      union Found = Person | Bot
      type Vault @requiresScopes(scopes: [["vault"]]) { gold: Int }
      type Safe { inner: Vault! door: String }
      type Page { first: Person last: Person query: Query }
    `,
  },
  {
    name: 'reviews',
    sdl: `${link}
      type Person @key(fields: "id") {
        id: ID!
        karma: Int
        rank: Int @external
        score: Int @requires(fields: "rank") @requiresScopes(scopes: [["rank"]])
      }
    `,
  },
];
