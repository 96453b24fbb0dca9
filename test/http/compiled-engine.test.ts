import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { createFederationFacade } from '../../src/upstream/facade/federation.ts';
import type { PreparedFetch } from '../../src/upstream/types.ts';
import { startFakeUpstream, type FakeHandler, type FakeUpstream } from '../support/fake-upstream.ts';
import { connect, testScope } from '../support/graphql-upstream.ts';
import {
  countCalls,
  startDemoGateway,
  startGateway,
  type DemoGateway,
  type TestGateway,
} from '../support/start-gateway.ts';

const dashboard = readFileSync(new URL('../../schema/operations/dashboard.graphql', import.meta.url), 'utf8');

describe('the compiled engine', () => {
  let compiled: DemoGateway;
  let stitched: TestGateway;
  before(async () => {
    [compiled, stitched] = await Promise.all([startDemoGateway({ gateway: { engine: 'compiled' } }), startGateway()]);
  });
  after(async () => Promise.all([compiled.close(), stitched.close()]));

  test('answers the dashboard as the stitched engine does, with no more calls than upstreams and waves ask for', async () => {
    const answer = await compiled.query(dashboard);
    assert.deepEqual(answer.errors, []);
    assert.equal(answer.text, (await stitched.query(dashboard)).text);
    const calls = countCalls(compiled.takeCalls());
    assert.equal(calls.users + calls.orders + calls.reviews, 3);
    assert.ok(calls.products <= 3 && calls.inventory <= 2, JSON.stringify(calls));
  });

  test('says what is wrong with variables as the stitched engine does', async () => {
    const query = 'query ($id: ID!) { user(id: $id) { name } }';
    const [ours, theirs] = await Promise.all([compiled.query(query, { id: [1] }), stitched.query(query, { id: [1] })]);
    const without = (text: string): string => text.replaceAll(/[0-9a-f-]{36}/g, '');
    assert.equal(without(ours.text), without(theirs.text));
    assert.equal(ours.errors[0]?.extensions['code'], 'BAD_USER_INPUT');
  });

  test('runs the fields of a mutation in turn', async () => {
    const mutation = `mutation {
      a: createUser(input: { name: "A", email: "a@example.test" }) { id }
      b: createUser(input: { name: "B", email: "b@example.test" }) { id }
    }`;
    const { data, errors } = await compiled.query(mutation);
    assert.deepEqual(errors, []);
    const [a, b] = ['a', 'b'].map((key) =>
      Number((data as Readonly<Record<string, { readonly id: string }>>)[key]?.id),
    );
    assert.equal((a ?? 0) + 1, b);
  });

  test('answers a client of event streams with the data', async () => {
    const body = JSON.stringify({ query: '{ user(id: "1") { id } }' });
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const text = await (await fetch(compiled.gateway.graphqlUrl, { method: 'POST', headers, body })).text();
    assert.match(text, /data: \{"data":\{"user":\{"id":"1"\}\}\}/);
  });
});

describe('a prepared fetch of a federation upstream', () => {
  async function prepared(
    handler: FakeHandler,
    text: string,
    use: (fetch: PreparedFetch, server: FakeUpstream) => Promise<void>,
  ): Promise<void> {
    const server = await startFakeUpstream(handler);
    const facade = createFederationFacade(connect(server.url, { name: 'reviews', kind: 'federation' }));
    try {
      await use(facade.prepare(text), server);
    } finally {
      await facade.close();
      await server.close();
    }
  }

  const yes: FakeHandler = () => ({ json: { data: { ok: true } }, headers: { 'x-from': 'reviews' } });

  test('sends its text, its name and the variables, and collects response headers', async () => {
    const text = 'query Named($q: String) { ok(q: $q) }';
    await prepared(yes, text, async (fetchOk, server) => {
      const scope = testScope();
      assert.deepEqual(await fetchOk('{"q":"\\"x\\""}', scope), { data: { ok: true } });
      assert.deepEqual(JSON.parse(server.requests[0]?.body ?? ''), {
        query: text,
        variables: { q: '"x"' },
        operationName: 'Named',
      });
      assert.deepEqual(scope.responseHeaders.entries(), [['x-from', 'reviews']]);
      await fetchOk('', scope);
      assert.deepEqual(JSON.parse(server.requests[1]?.body ?? ''), { query: text, operationName: 'Named' });
    });
  });

  test('tells errors with path and code, and failures of the call, without rejecting', async () => {
    const answers = [{ status: 500 }, { json: { data: null, errors: [{ message: 'secret', path: ['ok', 0] }] } }];
    await prepared(
      () => answers.shift(),
      '{ ok }',
      async (fetchOk) => {
        const failed = await fetchOk('', testScope());
        assert.deepEqual([failed.data, failed.errors?.[0]?.error.code], [null, 'UPSTREAM_FAILED']);
        const [error] = (await fetchOk('', testScope())).errors ?? [];
        assert.deepEqual(
          [error?.path, error?.error.code, error?.error.message],
          [['ok', 0], 'UPSTREAM_ERROR', 'upstream "reviews" answered with an error of code UPSTREAM_ERROR'],
        );
      },
    );
  });

  for (const [kind, calls] of [
    ['query', 1],
    ['mutation', 2],
  ] as const) {
    test(`shares no data, and ${kind === 'query' ? 'one call where' : 'no call although'} an equal ${kind} runs`, async () => {
      const both = Promise.withResolvers<void>();
      const handler: FakeHandler = async () => {
        await both.promise;
        return { json: { data: { ok: true } } };
      };
      await prepared(handler, `${kind} { ok }`, async (fetchOk, server) => {
        const answers = [fetchOk('', testScope()), fetchOk('', testScope())];
        both.resolve();
        const [one, other] = await Promise.all(answers);
        assert.equal(server.requests.length, calls);
        assert.deepEqual(one?.data, other?.data);
        assert.notEqual(one?.data, other?.data);
      });
    });
  }
});
