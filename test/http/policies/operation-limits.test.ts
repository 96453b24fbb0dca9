import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { send, startGuarded, type GuardedGateway, type SetUp } from '../../support/guarded-gateway.ts';
import { weft } from '../../support/run-weft.ts';
import { asCaller, jwtFiles, jwtProvider } from '../../support/shop-tokens.ts';
import type { AnswerError, Json } from '../../support/start-gateway.ts';
import { until } from '../../support/until.ts';

/** What holds for operations alone: their names, documents, cost and fields, and the switches that turn them off. */

const window = '1h';
const known: Json = { identity: { providers: [{ ...jwtProvider, claims: { tier: 'tier' } }], anonymous: true } };

const peopleSdl = /* GraphQL */ `
  type Person @key(fields: "id") {
    id: ID!
    name: String!
    friends(first: Int): [Person!] @listSize(slicingArguments: ["first"])
    photo: String @cost(weight: 50)
    email: String @rateLimit(max: 1, window: "1h", message: "Letters take their time.")
  }
  type Query {
    person(id: ID!): Person
    people: [Person!]! @listSize(assumedSize: 5)
    search(text: String!): Person @rateLimit(max: 1, window: "1 hour", identityArgs: ["text"])
  }
  type Mutation {
    rename(id: ID!, name: String!): Person
  }
`;

const peopleResolvers = `
import { rest } from 'weft';

const people = rest('people');

export const Person = people.entity({
  key: 'id',
  one: people.get('/people/{id}'),
  fields: { friends: people.get('/people', { items: 'items' }), photo: 'name' },
});

export const Query = {
  person: Person.one(),
  people: people.get('/people', { items: 'items' }),
  search: people.get('/people/1', { query: { q: '{text}' } }),
};

export const Mutation = { rename: people.patch('/people/{id}', { body: { name: '{name}' } }) };
`;

async function startPeople(t: TestContext, gateway: Json = {}, setUp: SetUp = {}): Promise<GuardedGateway> {
  return startGuarded(t, {
    ...setUp,
    gateway: { ...known, tiers: { free: {}, pro: {} }, ...gateway },
    files: { ...jwtFiles, 'schema/people.graphql': peopleSdl, 'resolvers/people.ts': peopleResolvers, ...setUp.files },
  });
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly data?: Json | null;
  readonly errors?: readonly AnswerError[];
  readonly extensions?: Json;
}

interface Asking {
  readonly operationName?: string;
  readonly variables?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask({ url }: GuardedGateway, query: string, { headers, ...more }: Asking = {}): Promise<Answered> {
  const given = { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers };
  const answer = await send(`${url}/graphql`, {
    method: 'POST',
    headers: given,
    body: JSON.stringify({ query, ...more }),
  });
  return { status: answer.status, headers: answer.headers, ...(JSON.parse(answer.text) as Json) };
}

function codesOf({ errors = [] }: Answered): readonly unknown[] {
  return errors.map(({ extensions }) => extensions['code']);
}

const person = '{ person(id: "1") { name } }';

test('a limit of named operations is about no others, and known operations count as new ones do', async (t) => {
  const rates = [{ name: 'searches', per: 'caller', operations: ['Search'], max: 2, window }];
  const gateway = await startPeople(t, { limits: { rates } });
  const search = 'query Search { person(id: "1") { name } }';
  for (const status of [200, 200, 429, 429]) assert.equal((await ask(gateway, search)).status, status);
  for (const status of [200, 200, 200]) assert.equal((await ask(gateway, person)).status, status);
  assert.equal((await ask(gateway, search, { headers: await asCaller() })).status, 200);
});

test('of a document with several operations the one that runs counts', async (t) => {
  const gateway = await startPeople(t, { limits: { rates: [{ operations: ['A'], max: 1, window }] } });
  const both = `query A ${person} query B ${person}`;
  assert.equal((await ask(gateway, both, { operationName: 'B' })).status, 200);
  assert.equal((await ask(gateway, both, { operationName: 'A' })).status, 200);
  assert.equal((await ask(gateway, both, { operationName: 'A' })).status, 429);
  assert.equal((await ask(gateway, both, { operationName: 'B' })).status, 200);
});

test('a budget of points is spent by what operations cost, and who runs out hears which field was dear', async (t) => {
  const gateway = await startPeople(t, { limits: { rates: [{ name: 'points', counts: 'cost', max: 70, window }] } });
  const photo = '{ person(id: "1") { photo } }';
  const first = await ask(gateway, photo);
  assert.equal(first.headers['x-ratelimit-remaining'], '19');
  const second = await ask(gateway, photo);
  assert.deepEqual([second.status, codesOf(second)], [429, ['RATE_LIMITED']]);
  assert.deepEqual(second.errors?.[0]?.extensions['rateLimit'], {
    ...(second.errors?.[0]?.extensions['rateLimit'] as Json),
    limit: 'points',
    max: 70,
    remaining: 19,
    cost: 51,
    dearest: { path: 'person.photo', coordinate: 'Person.photo', points: 50 },
  });
  assert.match(second.errors?.[0]?.message ?? '', /costs 51 points, most of it for "person\.photo"/);
  assert.equal((await ask(gateway, person)).status, 200, 'what costs less still runs');
});

test('an operation over its budget never runs; each tier has its own', async (t) => {
  const gateway = await startPeople(t, {
    limits: { cost: { max: 60 } },
    tiers: { free: { cost: { max: 10 } }, pro: { cost: { max: 1000 } } },
  });
  gateway.takeCalls();
  const people = '{ people { photo } }';
  const refused = await ask(gateway, people);
  assert.deepEqual([refused.status, codesOf(refused)], [400, ['OPERATION_TOO_COSTLY']]);
  assert.deepEqual(refused.errors?.[0]?.extensions['cost'], {
    estimated: 255,
    max: 60,
    dearest: { path: 'people.photo', coordinate: 'Person.photo', points: 250 },
  });
  assert.equal(gateway.takeCalls().people.length, 0);
  const [free, pro] = [await asCaller({ tier: 'free' }), await asCaller({ tier: 'pro' })];
  for (const round of ['new', 'known']) {
    assert.equal((await ask(gateway, people, { headers: pro })).status, 200, round);
    assert.equal((await ask(gateway, '{ person(id: "1") { photo } }')).status, 200, round);
    assert.equal((await ask(gateway, '{ person(id: "1") { photo } }', { headers: free })).status, 400, round);
  }
});

test('the cost goes by variables, known operation or not', async (t) => {
  const gateway = await startPeople(t, { limits: { cost: { max: 20 } } });
  const friends = 'query ($n: Int) { person(id: "1") { friends(first: $n) { name } } }';
  for (const round of ['new', 'known']) {
    assert.equal((await ask(gateway, friends, { variables: { n: 3 } })).status, 200, round);
    const refused = await ask(gateway, friends, { variables: { n: 300 } });
    assert.deepEqual([refused.status, codesOf(refused)], [400, ['OPERATION_TOO_COSTLY']], round);
  }
  const unsliced = await ask(gateway, friends);
  assert.deepEqual([unsliced.status, codesOf(unsliced)], [400, ['BAD_USER_INPUT']]);
});

test('one upstream may have a budget of its own', async (t) => {
  const gateway = await startPeople(t, { limits: { cost: { upstreams: { people: 20 } } } });
  const refused = await ask(gateway, '{ people { photo } }');
  assert.deepEqual([refused.status, codesOf(refused)], [400, ['OPERATION_TOO_COSTLY']]);
  assert.equal(refused.errors?.[0]?.extensions['upstream'], 'people');
  assert.equal((await ask(gateway, person)).status, 200);
});

test('who asks is told what was estimated and what it cost, where the configuration shows it', async (t) => {
  const gateway = await startPeople(t, { limits: { cost: { show: true } } });
  for (const round of ['new', 'known']) {
    const { extensions, headers } = await ask(gateway, '{ people { name } }', { headers: { 'weft-cost': 'true' } });
    assert.deepEqual(extensions, { cost: { estimated: 5, actual: 1 } }, round);
    assert.deepEqual([headers['weft-cost-estimated'], headers['weft-cost-actual']], ['5', '1'], round);
    assert.equal((await ask(gateway, '{ people { name } }')).extensions, undefined, round);
  }
  // The cost is known here, and still nobody's to read.
  const hidden = await startPeople(t, { limits: { cost: { max: 1000 } } });
  assert.equal((await ask(hidden, '{ people { name } }', { headers: { 'weft-cost': 'true' } })).extensions, undefined);
});

test('a budget that is only measured refuses nothing', async (t) => {
  const gateway = await startPeople(t, {
    limits: { cost: { max: 1, mode: 'measure' }, documents: { mode: 'measure', maxDepth: 1 } },
  });
  for (const round of ['new', 'known']) assert.equal((await ask(gateway, '{ people { photo } }')).status, 200, round);
});

test('documents beyond a bound are refused, new and known, by the bounds of their caller', async (t) => {
  const gateway = await startPeople(t, {
    limits: { documents: { maxDepth: 3 } },
    tiers: { free: { documents: { maxDepth: 1 } }, pro: { documents: { maxDepth: 'none' } } },
  });
  const [free, pro] = [await asCaller({ tier: 'free' }), await asCaller({ tier: 'pro' })];
  const deep = '{ person(id: "1") { friends(first: 1) { friends(first: 1) { name } } } }';
  for (const round of ['new', 'known']) {
    assert.equal((await ask(gateway, deep, { headers: pro })).status, 200, round);
    const refused = await ask(gateway, deep);
    assert.deepEqual([refused.status, codesOf(refused)], [400, ['DOCUMENT_LIMIT_EXCEEDED']], round);
    assert.deepEqual(refused.errors?.[0]?.extensions['limit'], 'maxDepth', round);
    assert.equal((await ask(gateway, person)).status, 200, round);
    assert.equal((await ask(gateway, person, { headers: free })).status, 400, round);
  }
});

test('what is refused for its form or its grammar counts too', async (t) => {
  const rates = [
    { name: 'all', per: 'caller', max: 3, window },
    { name: 'points', counts: 'cost', max: 1000, window },
  ];
  const gateway = await startPeople(t, { limits: { rates } });
  assert.equal((await ask(gateway, '{')).status, 400);
  assert.equal((await ask(gateway, '{ nothing }')).status, 400);
  assert.equal((await ask(gateway, person)).status, 200);
  assert.equal((await ask(gateway, '{')).status, 429);
  assert.equal((await ask(gateway, person)).status, 429);
});

test('a limited field is null with an error at its path, and its upstream is not asked for it', async (t) => {
  const gateway = await startPeople(t);
  const query = 'query ($text: String!) { search(text: $text) { name } person(id: "1") { name } }';
  const ofAda = { variables: { text: 'ada' } };
  assert.equal((await ask(gateway, query, ofAda)).errors, undefined);
  gateway.takeCalls();
  const { status, data, errors } = await ask(gateway, query, ofAda);
  assert.equal(status, 200);
  assert.deepEqual(data, { search: null, person: { name: 'Ann' } });
  const [error] = errors ?? [];
  assert.deepEqual([error?.path, error?.extensions['code']], [['search'], 'RATE_LIMITED']);
  const { limit, max } = (error?.extensions['rateLimit'] ?? {}) as Json;
  assert.deepEqual([limit, max], ['@rateLimit Query.search 1/1hour by text', 1]);
  assert.deepEqual(
    gateway.takeCalls().people.map(({ path }) => path),
    ['/people/1'],
  );
  assert.equal((await ask(gateway, query, { variables: { text: 'bob' } })).errors, undefined);
  assert.equal((await ask(gateway, query, { ...ofAda, headers: await asCaller() })).errors, undefined);
});

test('a field further down is limited by what was asked, with the sentence of its directive', async (t) => {
  const gateway = await startPeople(t);
  const query = '{ person(id: "1") { email name } }';
  assert.equal((await ask(gateway, query)).errors, undefined);
  const { data, errors } = await ask(gateway, query);
  assert.deepEqual(data, { person: { email: null, name: 'Ann' } });
  assert.deepEqual([errors?.[0]?.message, errors?.[0]?.path], ['Letters take their time.', ['person', 'email']]);
});

test('limits of fields are off where the configuration says so', async (t) => {
  const gateway = await startPeople(t, { limits: { fields: { mode: 'off' } } });
  const query = '{ person(id: "1") { email } }';
  for (const round of [1, 2, 3]) assert.equal((await ask(gateway, query)).errors, undefined, String(round));
});

test('each operation of a batch counts, and each is refused for itself', async (t) => {
  const gateway = await startPeople(t, {
    graphql: { batching: { max: 4 } },
    limits: { rates: [{ per: 'caller', max: 3, window }] },
  });
  const batch = async (size: number) => {
    const body = JSON.stringify(Array.from({ length: size }, () => ({ query: person })));
    return send(`${gateway.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  };
  const first = await batch(2);
  assert.equal(first.status, 200, first.text);
  const results = JSON.parse((await batch(3)).text) as readonly Answered[];
  assert.deepEqual(results.map(codesOf), [[], ['RATE_LIMITED'], ['RATE_LIMITED']]);
  assert.equal((await batch(1)).status, 429);
  assert.equal((await batch(5)).status, 429, 'who is refused at the door does not hear of the size of his batch');
});

test('operations are switched off by kind, name and field, until a time', async (t) => {
  const end = new Date(Date.now() + 3_600_000).toISOString();
  const past = new Date(Date.now() - 1000).toISOString();
  const gateway = await startPeople(t, {
    limits: {
      disabled: [
        { operations: 'mutation', until: end, message: 'Writes are back soon.' },
        { names: ['Report'] },
        { fields: ['Person.photo'] },
        { operations: 'query', until: past },
      ],
    },
  });
  gateway.takeCalls();
  const rename = 'mutation { rename(id: "1", name: "Eve") { name } }';
  const refused = await ask(gateway, rename);
  assert.deepEqual([refused.status, codesOf(refused)], [503, ['OPERATION_DISABLED']]);
  assert.deepEqual(
    [refused.errors?.[0]?.message, refused.errors?.[0]?.extensions['until']],
    ['Writes are back soon.', end],
  );
  const retryAfter = Number(refused.headers['retry-after']);
  assert.ok(retryAfter > 3000 && retryAfter <= 3600, String(retryAfter));
  for (const query of [
    'query Report { person(id: "1") { name } }',
    '{ a: person(id: "1") { ...P } } fragment P on Person { b: photo }',
  ]) {
    assert.equal((await ask(gateway, query)).status, 503, query);
    assert.equal((await ask(gateway, query)).status, 503, `known: ${query}`);
  }
  assert.equal(gateway.takeCalls().people.length, 0);
  assert.equal((await ask(gateway, person)).status, 200);
});

test('a route is switched off, and nothing else with it', async (t) => {
  const end = new Date(Date.now() + 3_600_000).toISOString();
  const gateway = await startPeople(t, { limits: { disabled: [{ routes: ['/api'], until: end }] } });
  const refused = await send(`${gateway.url}/api/people/1`);
  assert.deepEqual([refused.status, refused.code], [503, 'OPERATION_DISABLED']);
  assert.ok(Number(refused.headers['retry-after']) > 3000);
  assert.equal((await send(`${gateway.url}/open/people/1`)).status, 200);
  assert.equal((await ask(gateway, person)).status, 200);
});

test('the operations of a batch are one request under way', async (t) => {
  const gateway = await startPeople(t, {
    graphql: { batching: { max: 4 } },
    limits: {
      rates: [
        { per: 'caller', concurrent: 1 },
        { counts: 'cost', max: 1000, window },
      ],
    },
  });
  const body = JSON.stringify([{ query: person }, { query: person }, { query: person }]);
  const { text } = await send(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  assert.deepEqual((JSON.parse(text) as readonly Answered[]).map(codesOf), [[], [], []]);
});

test('a call to an upstream gives its place back', async (t) => {
  const gateway = await startPeople(t, {}, { upstreams: { people: 'limits: [{ concurrent: 1 }]' } });
  for (const round of [1, 2, 3]) assert.equal((await ask(gateway, person)).errors, undefined, String(round));
});

test('a subscription is a call to its upstream too, and gives its place back at its end', async (t) => {
  const subscribe = async (gateway: GuardedGateway) => {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const body = JSON.stringify({ query: 'subscription { beats { at } }' });
    return (await send(`${gateway.url}/graphql`, { method: 'POST', headers, body })).text;
  };
  const limited = await startPeople(t, {}, { upstreams: { scores: 'limits: [{ max: 1, window: 1h }]' } });
  assert.match(await subscribe(limited), /"beats":\{"at":2\}/);
  assert.match(await subscribe(limited), /RATE_LIMITED/);
  const places = await startPeople(t, {}, { upstreams: { scores: 'limits: [{ concurrent: 1 }]' } });
  for (const round of [1, 2]) assert.match(await subscribe(places), /"beats":\{"at":2\}/, String(round));
});

test('a switch, and guards, that can have no effect are told by the check', async (t) => {
  const { dir } = await startPeople(t, {
    limits: { disabled: [{ fields: ['Query.person'] }, { fields: ['Person.fotos'] }] },
  });
  const { code, stdout } = await weft(t, ['check', '--dir', dir]);
  assert.equal(code, 0, stdout);
  assert.deepEqual(
    stdout.split('\n').filter((line) => line.includes('limits.disabled')),
    ['warning: limits.disabled: the schema has no field "Person.fotos", did you mean "Person.photo"?'],
  );
});

test('operations of a batch that never come to run count each, too', async (t) => {
  for (const more of [[], [{ name: 'points', counts: 'cost', max: 1000, window }]]) {
    const gateway = await startPeople(t, {
      graphql: { batching: { max: 4 } },
      limits: { rates: [{ name: 'all', per: 'caller', max: 6, window }, ...more], disabled: [{ names: ['Off'] }] },
    });
    const off = 'query Off { person(id: "1") { name } }';
    const body = JSON.stringify([{ query: '{' }, { query: off }, { query: '{ nothing }' }, { query: person }]);
    const headers = { 'content-type': 'application/json' };
    assert.equal((await send(`${gateway.url}/graphql`, { method: 'POST', headers, body })).status, 200);
    // Two of six are left, once the rest has been charged.
    await until(async () => (await ask(gateway, person)).status === 429);
    assert.equal(gateway.takeCalls().people.length, 3, 'that of the batch, and two more');
  }
});
