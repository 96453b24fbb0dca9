import { startGraphql } from '../../upstreams/demo/graphql-server.ts';
import type { DemoServer } from '../../upstreams/demo/server.ts';
import { createSubgraphSchema } from '../../upstreams/demo/subgraph.ts';
import type { FakeAnswer, FakeCall } from './fake-upstream.ts';

/** The folder and the upstreams of guarded gateways: a REST API of people, and a federation subgraph that scores them. */

const peopleSdl = /* GraphQL */ `
  scalar Iban @requiresScopes(scopes: [["bank"]])
  enum Mood @authenticated {
    GLAD
    GLOOMY
  }
  type Vault @requiresScopes(scopes: [["vault"]]) {
    gold: Int
  }
  type Payslip {
    net: Int!
  }
  type Person @key(fields: "id") {
    id: ID!
    name: String!
    email: String @authenticated
    badge: String! @requiresScopes(scopes: [["badge"]])
    notes: String @policy(policies: [["may-read-notes"]])
    iban: Iban
    mood: Mood
    vault: Vault
    payslips: [Payslip!] @requiresScopes(scopes: [["hr:read", "payroll"], ["admin"]])
    shoeSize: Int @tag(name: "internal")
  }
  type Query {
    person(id: ID!): Person
    people: [Person!]!
  }
`;

const peopleResolvers = `
import { rest } from 'weft';

const people = rest('people');

export const Person = people.entity({
  key: 'id',
  one: people.get('/people/{id}'),
  fields: { payslips: people.get('/people/{id}/payslips', { items: 'items' }) },
});

export const Query = { person: Person.one(), people: people.get('/people', { items: 'items' }) };
`;

const scoresSdl = /* GraphQL */ `
  extend schema
    @link(
      url: "https://specs.apollo.dev/federation/v2.9"
      import: ["@key", "@requires", "@external", "@tag", "@authenticated", "@requiresScopes"]
    )
  directive @tag(name: String!) repeatable on FIELD_DEFINITION | ENUM_VALUE
  directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  interface Named {
    nick: String @requiresScopes(scopes: [["nick"]])
  }
  interface Sealed @requiresScopes(scopes: [["sealed"]]) {
    motto: String
  }
  type Charter implements Sealed {
    motto: String
  }
  type Person implements Named @key(fields: "id") {
    id: ID!
    nick: String
    karma: Int
    rank: Int @requiresScopes(scopes: [["rank"]])
    email: String @external
    score: Int @requires(fields: "email") @authenticated
  }
  type Bot implements Named {
    nick: String
    serial: String
  }
  union Anyone = Person | Bot
  enum Order {
    FIRST
    LATEST
    SECRETIVE @tag(name: "internal")
  }
  type Beat {
    at: Int!
    pulse: Int @authenticated
  }
  type Query {
    best: Person
    anyone: Anyone
    everyone(order: Order): [Anyone!]!
    named: Named
    sealed: Sealed
    internalNews: String @tag(name: "internal")
  }
  type Mutation {
    dismiss(id: ID!): Boolean @requiresScopes(scopes: [["hr:write"]])
  }
  type Subscription {
    beats: Beat
  }
`;

const ann = { __typename: 'Person', id: '1', nick: 'Annie', karma: 7, rank: 7741 };
const bot = { __typename: 'Bot', nick: 'R2', serial: 'S-1' };

async function* beats(): AsyncGenerator<object> {
  for (const at of [1, 2]) yield { beats: { at, pulse: 6600 + at } };
}

/** The subgraph: its `requests` hold what it was asked. */
export function startScores(): Promise<DemoServer> {
  const schema = createSubgraphSchema({
    sdl: scoresSdl,
    resolvers: {
      Query: {
        best: () => ann,
        anyone: () => ann,
        everyone: () => [ann, bot],
        named: () => ann,
        sealed: () => ({ __typename: 'Charter', motto: 'Ora' }),
        internalNews: () => 'news',
      },
      Person: { score: ({ email }: { readonly email?: string }) => email?.length ?? null },
      Mutation: { dismiss: () => true },
      Subscription: { beats: { subscribe: beats } },
    },
    entities: { Person: (representation) => ({ ...ann, ...representation }) },
  });
  return startGraphql('scores', schema);
}

const person = {
  ...{ id: '1', name: 'Ann', email: 'ann@a.example', badge: 'B-1', notes: 'tall', iban: 'DE-1', mood: 'GLAD' },
  ...{ vault: { gold: 5503 }, shoeSize: 42 },
};

/** The REST API. */
export function peopleAnswer({ path }: FakeCall): FakeAnswer {
  const [place = ''] = path.split('?', 1);
  switch (place) {
    case '/people':
      return { json: { items: [person] } };
    case '/people/1':
      return { json: person };
    case '/people/1/payslips':
      return { json: { items: [{ net: 9917 }] } };
    default:
      return { status: 404, json: {} };
  }
}

/** The folder of a gateway over these upstreams, but for `gateway.yaml`; files by relative path. */
export function guardedFiles(urls: {
  readonly people: string;
  readonly scores: string;
}): Readonly<Record<string, string>> {
  return {
    'upstreams/people.yaml': `
kind: rest
targets: [${urls.people}]
headers:
  x-user-id: { from: claims.sub }
  x-owner: { from: claims.owner }
  x-org: { from: claims.org.id }
  authorization: { from: client }
  x-api-key: { from: client }
  x-token: { from: client }
  cookie: { from: client }
`,
    'upstreams/scores.yaml': `
kind: federation
targets: [${urls.scores}]
poll: off
`,
    'schema/people.graphql': peopleSdl,
    'resolvers/people.ts': peopleResolvers,
  };
}
