import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startGuarded, type GuardedGateway, type UpstreamCalls } from '../../support/guarded-gateway.ts';
import { asCaller, jwtFiles, jwtProvider, type Credentials } from '../../support/shop-tokens.ts';
import { engines, type Engine, type GraphqlAnswer, type Json } from '../../support/start-gateway.ts';

/** What callers read of guarded fields, and what upstreams are asked for on their behalf; by HTTP, on both engines. */

const policies = `
export const policies = {
  'may-read-notes': ({ scopes }) => scopes.has('notes'),
};
`;

async function start(t: TestContext, engine: Engine, mode: 'mask' | 'reject'): Promise<GuardedGateway> {
  return startGuarded(t, {
    gateway: {
      engine,
      identity: { providers: [jwtProvider], anonymous: true },
      authorization: { mode, policies: { module: './policies.mjs' } },
    },
    files: { ...jwtFiles, 'policies.mjs': policies },
  });
}

interface Guarded {
  readonly what: string;
  readonly query: string;
  /** Scopes that are enough. */
  readonly scope: string;
  /** Scopes that are not; undefined: nobody. */
  readonly lacks: string | undefined;
  /** Who lacks them gets this. */
  readonly masked: Json;
  readonly whole: Json;
  /** Where the error stands. */
  readonly path: readonly string[];
  /** What is in no call to an upstream then. */
  readonly unasked: RegExp;
}

const name = 'Ann';

const guarded: readonly Guarded[] = [
  {
    what: "a REST upstream's field with a call of its own (@requiresScopes)",
    query: '{ person(id: "1") { name payslips { net } } }',
    ...{ scope: 'payroll hr:read', lacks: 'hr:read' },
    masked: { person: { name, payslips: null } },
    whole: { person: { name, payslips: [{ net: 9917 }] } },
    ...{ path: ['person', 'payslips'], unasked: /payslips/ },
  },
  {
    what: 'the same field by its other set of scopes',
    query: '{ person(id: "1") { payslips { net } name } }',
    ...{ scope: 'admin', lacks: 'payroll' },
    masked: { person: { payslips: null, name } },
    whole: { person: { payslips: [{ net: 9917 }], name } },
    ...{ path: ['person', 'payslips'], unasked: /payslips/ },
  },
  {
    what: "a REST upstream's field (@authenticated)",
    query: '{ best { karma email } }',
    ...{ scope: '', lacks: undefined },
    masked: { best: { karma: 7, email: null } },
    whole: { best: { karma: 7, email: 'ann@a.example' } },
    ...{ path: ['best', 'email'], unasked: /\/people|email/ },
  },
  {
    what: 'a field that a policy guards (@policy)',
    query: '{ best { karma notes } }',
    ...{ scope: 'notes', lacks: 'others' },
    masked: { best: { karma: 7, notes: null } },
    whole: { best: { karma: 7, notes: 'tall' } },
    ...{ path: ['best', 'notes'], unasked: /\/people|notes/ },
  },
  {
    what: "a federation upstream's field",
    query: '{ best { karma rank } }',
    ...{ scope: 'rank', lacks: 'ran' },
    masked: { best: { karma: 7, rank: null } },
    whole: { best: { karma: 7, rank: 7741 } },
    ...{ path: ['best', 'rank'], unasked: /rank/ },
  },
  {
    what: 'a field made of a guarded one (@requires)',
    query: '{ best { karma score } }',
    ...{ scope: '', lacks: undefined },
    masked: { best: { karma: 7, score: null } },
    whole: { best: { karma: 7, score: 13 } },
    ...{ path: ['best', 'score'], unasked: /\/people|email|score/ },
  },
  {
    what: 'an object type',
    query: '{ best { karma vault { gold } } }',
    ...{ scope: 'vault', lacks: 'bank' },
    masked: { best: { karma: 7, vault: null } },
    whole: { best: { karma: 7, vault: { gold: 5503 } } },
    ...{ path: ['best', 'vault'], unasked: /\/people|vault|gold/ },
  },
  {
    what: 'an interface type',
    query: '{ best { karma } sealed { motto } }',
    ...{ scope: 'sealed', lacks: 'unsealed' },
    masked: { best: { karma: 7 }, sealed: null },
    whole: { best: { karma: 7 }, sealed: { motto: 'Ora' } },
    ...{ path: ['sealed'], unasked: /sealed|motto/ },
  },
  {
    what: "an interface's field",
    query: '{ named { __typename nick } }',
    ...{ scope: 'nick', lacks: 'nickel' },
    masked: { named: { __typename: 'Person', nick: null } },
    whole: { named: { __typename: 'Person', nick: 'Annie' } },
    ...{ path: ['named', 'nick'], unasked: /nick/ },
  },
  {
    what: 'a scalar',
    query: '{ best { karma iban } }',
    ...{ scope: 'bank', lacks: 'vault' },
    masked: { best: { karma: 7, iban: null } },
    whole: { best: { karma: 7, iban: 'DE-1' } },
    ...{ path: ['best', 'iban'], unasked: /\/people|iban/ },
  },
  {
    what: 'an enum',
    query: '{ best { karma mood } }',
    ...{ scope: '', lacks: undefined },
    masked: { best: { karma: 7, mood: null } },
    whole: { best: { karma: 7, mood: 'GLAD' } },
    ...{ path: ['best', 'mood'], unasked: /\/people|mood/ },
  },
  {
    what: 'a field that may not be null, which takes its parent along',
    query: '{ best { karma badge } }',
    ...{ scope: 'badge', lacks: '' },
    masked: { best: null },
    whole: { best: { karma: 7, badge: 'B-1' } },
    ...{ path: ['best', 'badge'], unasked: /\/people|badge/ },
  },
  {
    what: 'a mutation',
    query: 'mutation { dismiss(id: "1") }',
    ...{ scope: 'hr:write', lacks: 'hr:read' },
    masked: { dismiss: null },
    whole: { dismiss: true },
    ...{ path: ['dismiss'], unasked: /dismiss/ },
  },
];

async function callerOf(scope: string | undefined): Promise<Credentials | undefined> {
  return scope === undefined ? undefined : asCaller({ scope });
}

/** All that upstreams were sent. */
function textOf({ people, scores }: UpstreamCalls): string {
  return [...people, ...scores].map(({ path, body }) => `${path} ${body}`).join('\n');
}

function errorsOf({ errors }: GraphqlAnswer): readonly unknown[] {
  return errors.map(({ path, extensions }) => [path, extensions['code']]);
}

for (const engine of engines) {
  test(`masked fields, ${engine}`, async (t) => {
    const gateway = await start(t, engine, 'mask');
    for (const { what, query, scope, lacks, masked, whole, path, unasked } of guarded) {
      await t.test(`${what} is null with an error for who lacks what it asks for, and is not asked for`, async () => {
        const [having, lacking] = await Promise.all([callerOf(scope), callerOf(lacks)]);
        // The second time the operation is known, and goes another way.
        for (const round of ['first', 'known', 'known again']) {
          gateway.takeCalls();
          const denied = await gateway.query(query, {}, lacking);
          assert.deepEqual(denied.data, masked, round);
          assert.deepEqual(errorsOf(denied), [[path, 'UNAUTHORIZED_FIELD_OR_TYPE']], round);
          assert.equal(denied.status, 200);
          assert.doesNotMatch(textOf(gateway.takeCalls()), unasked, round);
          const granted = await gateway.query(query, {}, having);
          assert.deepEqual([granted.data, granted.errors], [whole, []], round);
          assert.match(textOf(gateway.takeCalls()), unasked, round);
        }
      });
    }

    await t.test('no other spelling reaches a guarded field', async () => {
      const secrets = /ann@a\.example|7741|9917|5503|DE-1|GLAD|B-1/;
      const caller = await asCaller({ scope: 'x' });
      for (const query of [
        '{ best { karma: rank } }',
        '{ best { id: rank name: iban } }',
        '{ best { ...F } } fragment F on Person { ...G } fragment G on Person { rank vault { gold } }',
        '{ best { ... { rank } ... on Named { ... on Person { rank } } } }',
        '{ named { ... on Person { rank } } }',
        '{ anyone { ... on Person { rank } } }',
        '{ anyone { ... on Named { ... on Person { iban rank } } } }',
        '{ everyone { ... on Person { rank iban } } }',
        '{ best { rank @include(if: true) } again: best { a: rank b: rank } }',
        'query ($on: Boolean = true) { best { rank @skip(if: false) ... @include(if: $on) { rank } } }',
        '{ people { payslips { net } vault { g: gold } iban badge } }',
        'query A { best { karma } } query B { best { rank } }',
      ]) {
        for (const operationName of query.includes('query B') ? ['B', 'B'] : [undefined, undefined]) {
          gateway.takeCalls();
          const body = JSON.stringify({ query, operationName });
          const headers = { 'content-type': 'application/json', ...caller };
          const text = await (await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body })).text();
          assert.match(text, /UNAUTHORIZED_FIELD_OR_TYPE/, query);
          assert.doesNotMatch(text, secrets, query);
          assert.doesNotMatch(textOf(gateway.takeCalls()), /rank|payslips/, query);
        }
      }
    });

    await t.test('callers with different rights who ask the same at once get each their own answer', async () => {
      const query = '{ best { karma rank notes email payslips { net } } }';
      const callers = ['rank', 'notes', 'admin', '', undefined, 'rank notes admin'];
      const headers = await Promise.all(callers.map(async (scope) => callerOf(scope)));
      const expected = callers.map((scope) => ({
        best: {
          karma: 7,
          rank: scope?.includes('rank') ? 7741 : null,
          notes: scope?.includes('notes') ? 'tall' : null,
          email: scope === undefined ? null : 'ann@a.example',
          payslips: scope?.includes('admin') ? [{ net: 9917 }] : null,
        },
      }));
      const answers = await Promise.all(
        Array.from({ length: 60 }, async (_, index) => gateway.query(query, {}, headers[index % callers.length])),
      );
      for (const [index, { data }] of answers.entries()) assert.deepEqual(data, expected[index % callers.length]);
    });

    await t.test('events of a subscription are masked as answers are', async () => {
      const eventsFor = async (headers: Credentials | undefined): Promise<readonly unknown[]> => {
        const response = await fetch(`${gateway.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
          body: JSON.stringify({ query: 'subscription { beats { at pulse } }' }),
        });
        const text = await response.text();
        return [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json = '']) => {
          const { data, errors = [] } = JSON.parse(json) as Partial<GraphqlAnswer>;
          return [data?.['beats'], ...errors.map(({ extensions }) => extensions['code'])];
        });
      };
      gateway.takeCalls();
      assert.deepEqual(await eventsFor(undefined), [
        [{ at: 1, pulse: null }, 'UNAUTHORIZED_FIELD_OR_TYPE'],
        [{ at: 2, pulse: null }, 'UNAUTHORIZED_FIELD_OR_TYPE'],
      ]);
      assert.doesNotMatch(textOf(gateway.takeCalls()), /pulse/);
      assert.deepEqual(await eventsFor(await asCaller()), [[{ at: 1, pulse: 6601 }], [{ at: 2, pulse: 6602 }]]);
    });
  });

  test(`refused operations, ${engine}`, async (t) => {
    const gateway = await start(t, engine, 'reject');
    for (const { what, query, scope, lacks, whole, path } of guarded) {
      await t.test(`an operation with ${what} runs for who may read all of it alone`, async () => {
        const [having, lacking] = await Promise.all([callerOf(scope), callerOf(lacks)]);
        const refusal = lacking ? [403, 'UNAUTHORIZED_FIELD_OR_TYPE'] : [401, 'CREDENTIALS_MISSING'];
        for (const round of ['first', 'known', 'known again']) {
          gateway.takeCalls();
          const refused = await gateway.query(query, {}, lacking);
          assert.deepEqual([refused.status, refused.errors[0]?.extensions['code']], refusal, round);
          assert.deepEqual(errorsOf(refused), [[path, refusal[1]]], round);
          assert.equal(refused.headers.get('www-authenticate'), lacking ? null : 'Bearer realm="weft"', round);
          assert.doesNotMatch(refused.text, /"data"/, round);
          assert.equal(textOf(gateway.takeCalls()), '', round);
          const granted = await gateway.query(query, {}, having);
          assert.deepEqual([granted.data, granted.errors], [whole, []], round);
        }
      });
    }
  });
}
