import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { getIntrospectionQuery } from 'graphql';
import { send, startGuarded, type Answer, type GuardedGateway } from '../../support/guarded-gateway.ts';
import { asCaller, jwtFiles, jwtProvider } from '../../support/shop-tokens.ts';
import { engines, type Json } from '../../support/start-gateway.ts';

/** Introspection, suggestions, GraphiQL and audiences: who may know what of the schema. */

const developer = await asCaller({ roles: ['developer'] });
const visitor = await asCaller({ roles: ['visitor'] });

async function start(t: TestContext, gateway: Json): Promise<GuardedGateway> {
  const identity = { providers: [jwtProvider], anonymous: true };
  return startGuarded(t, { gateway: { identity, ...gateway }, files: jwtFiles });
}

/** What is tagged as internal. */
const hiddenNames = ['SECRETIVE', 'internalNews', 'shoeSize'];

function namesIn(text: string): readonly string[] {
  return hiddenNames.filter((name) => text.includes(name));
}

const introspecting: readonly string[] = [
  '{ __schema { queryType { name } } }',
  '{ best { karma } types: __schema { types { name } } }',
  '{ __type(name: "Person") { fields { name } } }',
  '{ ...F } fragment F on Query { ... { a: __type(name: "Vault") { name } } }',
  'query ($on: Boolean = false) { best { karma } __schema @include(if: $on) { types { name } } }',
];

for (const engine of engines) {
  describe(`introspection, ${engine}`, () => {
    test('is for the callers that the rule names, also of an operation that another has run', async (t) => {
      const gateway = await start(t, { engine, graphql: { introspection: { roles: ['developer'] } } });
      for (const query of introspecting) {
        for (const headers of [visitor, developer, visitor, developer, {}]) {
          const { status, text, errors } = await gateway.query(query, {}, headers);
          if (headers === developer) assert.deepEqual([status, errors], [200, []], query);
          else {
            assert.deepEqual([status, errors[0]?.extensions['code']], [403, 'INTROSPECTION_DENIED'], query);
            assert.doesNotMatch(text, /"data"|Vault|queryType/, query);
          }
        }
        gateway.takeCalls();
        await gateway.query(query, {}, visitor);
        assert.deepEqual(gateway.takeCalls(), { people: [], scores: [] });
      }
      const { data } = await gateway.query('{ __typename best { __typename } }', {}, visitor);
      assert.deepEqual(data, { __typename: 'Query', best: { __typename: 'Person' } });
    });

    test('is for nobody where it is off, by GET and POST', async (t) => {
      const gateway = await start(t, { engine, graphql: { introspection: false } });
      for (const query of [...introspecting, ...introspecting]) {
        assert.equal((await gateway.query(query, {}, developer)).errors[0]?.extensions['code'], 'INTROSPECTION_DENIED');
        const url = `${gateway.url}/graphql?query=${encodeURIComponent(query)}`;
        assert.equal((await send(url, { headers: developer })).code, 'INTROSPECTION_DENIED');
      }
    });
  });

  test(`an audience knows nothing but its own, ${engine}`, async (t) => {
    const audiences = {
      partner: { exclude: ['internal'], callers: { roles: ['partner'] } },
      staff: { callers: { roles: ['developer'] } },
    };
    const gateway = await start(t, { engine, audiences });
    const partner = await asCaller({ roles: ['partner'] });
    const whole = await gateway.query(getIntrospectionQuery(), {}, developer);
    const theirs = await gateway.query(getIntrospectionQuery(), {}, partner);
    assert.deepEqual([namesIn(whole.text), namesIn(theirs.text)], [hiddenNames, []]);
    assert.deepEqual([theirs.status, theirs.errors], [200, []]);
    const order = { order: 'SECRETIV' };
    for (const [query, variables] of [
      ['{ internalNews }'],
      ['{ internalNew }'],
      ['{ best { shoeSiz } }'],
      ['{ everyone(order: SECRETIV) { __typename } }'],
      ['query ($order: Order) { everyone(order: $order) { __typename } }', order],
    ] as const) {
      const answers: string[] = [];
      for (const headers of [developer, partner, developer, partner]) {
        gateway.takeCalls();
        const { text } = await gateway.query(query, variables, headers);
        answers.push(text);
        if (headers === partner) assert.deepEqual(gateway.takeCalls(), { people: [], scores: [] }, query);
      }
      const [ofDeveloper = '', ofPartner = '', again = '', ofPartnerAgain = ''] = answers;
      for (const text of [ofDeveloper, again]) assert.match(text, /"internalNews"|Did you mean/, query);
      for (const text of [ofPartner, ofPartnerAgain]) {
        assert.match(text, /"errors"/, query);
        // What the client itself says it may hear back.
        assert.deepEqual(
          namesIn(text).filter((name) => !query.includes(name)),
          [],
          query,
        );
      }
    }
    assert.deepEqual((await gateway.query('{ best { karma } }', {}, partner)).data, { best: { karma: 7 } });
    for (const query of ['{ best { karma } }', '{ internalNews }', '{ __typename }']) {
      const { status, data, errors } = await gateway.query(query, {}, visitor);
      assert.deepEqual([status, data, errors[0]?.extensions['code']], [403, null, 'ACCESS_DENIED'], query);
    }
  });
}

test('suggestions are for the callers that the rule names', async (t) => {
  const gateway = await start(t, { graphql: { suggestions: { roles: ['developer'] } } });
  const order = { order: 'LATES' };
  for (const [query, variables] of [
    ['{ best { karm } }'],
    ['{ bes { karma } }'],
    ['{ everyone(order: LATES) { __typename } }'],
    ['query ($order: Order) { everyone(order: $order) { __typename } }', order],
  ] as const) {
    for (const headers of [developer, visitor, developer, visitor, {}]) {
      const { text, errors } = await gateway.query(query, variables, headers);
      assert.equal(errors.length, 1, query);
      if (headers === developer) assert.match(text, /Did you mean/, query);
      else assert.doesNotMatch(text, /Did you mean|LATEST|karma\b.*\?/, query);
    }
  }
});

describe("GraphiQL's page", () => {
  const page = async (gateway: GuardedGateway, headers: object): Promise<Answer> =>
    send(`${gateway.url}/graphql`, { headers: { accept: 'text/html', 'accept-encoding': 'gzip', ...headers } });

  test('is for the callers that the rule names', async (t) => {
    const gateway = await start(t, { graphql: { graphiql: { roles: ['developer'] } } });
    const found = await page(gateway, developer);
    assert.deepEqual([found.status, found.headers['content-type']], [200, 'text/html; charset=utf-8']);
    const { status, code } = await page(gateway, visitor);
    assert.deepEqual([status, code], [403, 'ACCESS_DENIED']);
    const nobody = await page(gateway, {});
    assert.deepEqual(
      [nobody.status, nobody.code, nobody.challenges],
      [401, 'CREDENTIALS_MISSING', ['Bearer realm="weft"']],
    );
  });

  test('asks nobody who they are where it is for all, while operations do', async (t) => {
    const gateway = await start(t, { identity: { providers: [jwtProvider] } });
    assert.equal((await page(gateway, {})).status, 200);
    assert.equal((await gateway.query('{ best { karma } }')).status, 401);
  });

  test('is not there where it is off', async (t) => {
    const gateway = await start(t, { graphql: { graphiql: false } });
    assert.notEqual((await page(gateway, developer)).headers['content-type'], 'text/html; charset=utf-8');
  });
});
