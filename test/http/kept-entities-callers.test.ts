import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { send } from '../support/guarded-gateway.ts';
import { startScores } from '../support/guarded-upstreams.ts';
import { makeFolder } from '../support/run-weft.ts';
import { asCaller, jwtFiles, jwtProvider } from '../support/shop-tokens.ts';
import { startGateway, type Json } from '../support/start-gateway.ts';

/** Entities of a REST upstream that are kept, where functions of the gateway's owner fill their fields. */

const sdl = /* GraphQL */ `
  type Person @key(fields: "id") {
    id: ID!
    name: String!
    email: String
    greeting: String
  }
  type Query {
    person(id: ID!): Person
  }
`;

const resolvers = `
import { rest } from 'weft';

const people = rest('people');

export const Person = people.entity({
  key: 'id',
  one: people.get('/people/{id}'),
  fields: { greeting: (_person, _args, { caller }) => 'hello ' + caller.subject },
});

export const Query = { person: Person.one() };
`;

test('a field that a function makes of the caller is never given to another one with a kept entity', async (t) => {
  const [people, scores] = await Promise.all([
    startFakeUpstream(({ path }) => ({ json: { id: path.split('/').at(-1), name: 'Ann' } })),
    startScores(),
  ]);
  t.after(async () => {
    await Promise.all([people.close(), scores.close()]);
  });
  const dir = await makeFolder(t, {
    ...jwtFiles,
    'gateway.yaml': JSON.stringify({
      identity: { providers: [jwtProvider], anonymous: true },
      cache: { entities: { Person: { maxAge: '10m' } } },
    }),
    // No header of the caller goes upstream: by it callers would be told apart anyway.
    'upstreams/people.yaml': JSON.stringify({ kind: 'rest', targets: [people.url] }),
    'upstreams/scores.yaml': JSON.stringify({ kind: 'federation', targets: [scores.url] }),
    'schema/people.graphql': sdl,
    'resolvers/people.ts': resolvers,
  });
  const gateway = await startGateway({ dir });
  t.after(gateway.close);
  const best = async (fields: string, sub: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', ...(await asCaller({ sub })) };
    const body = JSON.stringify({ query: `{ best { ${fields} } }` });
    const { text } = await send(`${gateway.url}/graphql`, { method: 'POST', headers, body });
    return (JSON.parse(text) as { readonly data: Json }).data['best'];
  };
  for (const sub of ['alice', 'bob', 'alice']) {
    assert.deepEqual(await best('greeting', sub), { greeting: `hello ${sub}` });
  }
  const before = people.requests.length;
  for (const sub of ['alice', 'bob']) assert.deepEqual(await best('name', sub), { name: 'Ann' });
  assert.equal(people.requests.length - before, 1, 'what says nothing of the caller is kept for all');
});
