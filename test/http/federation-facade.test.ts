import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { parse, type ExecutionResult } from 'graphql';
import { createSchema, createYoga } from 'graphql-yoga';
import type { UpstreamConfig } from '../../src/config/types.ts';
import { createFederationFacade } from '../../src/upstream/facade/federation.ts';
import { createGraphqlFacade } from '../../src/upstream/facade/graphql/facade.ts';
import { graphqlSourceSchema } from '../../src/upstream/facade/graphql/source-schema.ts';
import type { Facade, RequestScope } from '../../src/upstream/types.ts';
import { refusingUrl, startFakeUpstream, type FakeCall, type FakeHandler } from '../support/fake-upstream.ts';
import { connect, testScope } from '../support/graphql-upstream.ts';

const subscription = parse('subscription ($first: Int) { ticked(first: $first) { n } }');

interface Subscribed {
  readonly facade: Facade;
  readonly calls: readonly FakeCall[];
  readonly scope: RequestScope;
  readonly leave: AbortController;
  readonly results: AsyncIterable<ExecutionResult> | ExecutionResult;
}

async function subscribed(
  handler: FakeHandler,
  use: (subscribed: Subscribed) => Promise<void>,
  given: Partial<UpstreamConfig> = {},
): Promise<void> {
  const server = await startFakeUpstream(handler);
  const connection = connect(server.url, { name: 'reviews', kind: 'federation', ...given });
  const facade = createFederationFacade(connection);
  const leave = new AbortController();
  const scope = testScope(leave.signal);
  try {
    const results = await facade.subscribe?.({ document: subscription, variables: { first: 3 }, scope });
    assert.ok(results);
    await use({ facade, calls: server.requests, scope, leave, results });
  } finally {
    await facade.close();
    await server.close();
  }
}

const stream = { 'content-type': 'text/event-stream; charset=utf-8', 'x-from': 'reviews' };
const tick = (n: number) => `event: next\ndata: ${JSON.stringify({ data: { ticked: { n } } })}\n\n`;
const complete = 'event: complete\ndata:\n\n';

function streaming(...parts: readonly string[]): FakeHandler {
  return ({ response }) => {
    response.writeHead(200, stream);
    for (const part of parts) response.write(part);
    response.end();
  };
}

function isStream(results: Subscribed['results']): results is AsyncIterable<ExecutionResult> {
  return Symbol.asyncIterator in results;
}

async function gathered(results: Subscribed['results']): Promise<unknown[]> {
  assert.ok(isStream(results), 'expected a stream of results');
  const all: unknown[] = [];
  for await (const { data, errors } of results) all.push(errors ? errors[0]?.extensions['code'] : data?.['ticked']);
  return all;
}

describe('execute', () => {
  test('a document passes as it is, _entities and all', async () => {
    const server = await startFakeUpstream(() => ({ json: { data: { _entities: [{ stars: 5 }] } } }));
    const facade = createFederationFacade(connect(server.url, { name: 'reviews', kind: 'federation' }));
    const variables = { r: [{ __typename: 'Product', id: '1' }], unused: 1 };
    const text = 'query R($r: [_Any!]!, $unused: Int) { _entities(representations: $r) { ... on Product { stars } } }';
    const { data } = await facade.execute({ document: parse(text), variables, scope: testScope() });
    assert.deepEqual(data, { _entities: [{ stars: 5 }] });
    const sent = JSON.parse(server.requests[0]?.body ?? '') as Record<string, unknown>;
    assert.equal(String(sent['query']).replaceAll(/\s+/g, ' '), text);
    assert.deepEqual([sent['variables'], sent['operationName']], [variables, 'R']);
    assert.deepEqual([facade.name, facade.kind], ['reviews', 'federation']);
    await facade.close();
    await server.close();
  });
});

describe('GraphQL over SSE, Distinct connections mode', () => {
  test('next events are results, complete is the end', async () => {
    await subscribed(streaming(':\n\n', tick(1), tick(2), complete), async ({ results, calls, scope }) => {
      assert.deepEqual(await gathered(results), [{ n: 1 }, { n: 2 }]);
      const { headers, method, body } = calls[0] ?? assert.fail('no call');
      assert.deepEqual(
        [method, headers.accept, headers['content-type']],
        ['POST', 'text/event-stream', 'application/json'],
      );
      assert.deepEqual((JSON.parse(body) as { variables: unknown }).variables, { first: 3 });
      assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
      assert.deepEqual(scope.responseHeaders.entries(), [['x-from', 'reviews']]);
    });
  });

  const endings: readonly (readonly [promise: string, parts: readonly string[], expected: readonly unknown[]])[] = [
    ['events may come in pieces', [tick(1).slice(0, 20), tick(1).slice(20) + tick(2), complete], [{ n: 1 }, { n: 2 }]],
    ['complete needs no data', [tick(1), 'event: complete\n\n'], [{ n: 1 }]],
    ['complete with CRLF needs no data', [tick(1), 'event: complete\r\n\r\n'], [{ n: 1 }]],
    ['what comes after complete does not count', [complete, tick(1)], []],
    ['events of other kinds do not count', ['event: ping\ndata: {}\n\n', tick(1), complete], [{ n: 1 }]],
    ['events without a kind are results', [tick(1).replace('event: next\n', ''), complete], [{ n: 1 }]],
    ['a stream that ends without complete was cut off', [tick(1)], [{ n: 1 }, 'UPSTREAM_FAILED']],
    [
      'an event that is no JSON is an error among the results',
      ['event: next\ndata: {"da\n\n', tick(1), complete],
      ['UPSTREAM_BAD_RESPONSE', { n: 1 }],
    ],
    [
      'errors in a result are read as anywhere',
      ['event: next\ndata: {"errors":[{"message":"x","extensions":{"code":"GONE"}}]}\n\n', complete],
      ['GONE'],
    ],
  ];
  for (const [promise, parts, expected] of endings) {
    test(promise, async () => {
      await subscribed(streaming(...parts), async ({ results }) => {
        assert.deepEqual(await gathered(results), expected);
      });
    });
  }

  test('text is read as UTF-8, also where a letter comes in two parts', async () => {
    const bytes = Buffer.from('event: next\ndata: {"data":{"ticked":{"n":"\u00e9"}}}\n\n');
    const cut = bytes.indexOf(0xc3) + 1;
    const handler: FakeHandler = async ({ response }) => {
      response.writeHead(200, stream);
      await new Promise<void>((done) => response.write(bytes.subarray(0, cut), () => done()));
      response.write(bytes.subarray(cut));
      response.end(complete);
    };
    await subscribed(handler, async ({ results }) => {
      assert.deepEqual(await gathered(results), [{ n: '\u00e9' }]);
    });
  });

  test('a socket that breaks ends the stream with one error', async () => {
    const handler: FakeHandler = ({ response }) => {
      response.writeHead(200, stream);
      response.write(tick(1), () => response.destroy());
    };
    await subscribed(handler, async ({ results }) => {
      const all = await gathered(results);
      assert.deepEqual(all[0], { n: 1 });
      assert.equal(all.length, 2);
      assert.match(String(all[1]), /^UPSTREAM_/);
    });
  });

  test('an event above the size limit ends the stream', async () => {
    const handler = streaming(tick(1), `event: next\ndata: ${'x'.repeat(500)}`);
    await subscribed(
      handler,
      async ({ results }) => {
        assert.deepEqual(await gathered(results), [{ n: 1 }, 'UPSTREAM_RESPONSE_TOO_LARGE']);
      },
      { maxResponseBytes: 200 },
    );
  });

  function openEnded(): { readonly handler: FakeHandler; readonly opened: Promise<ServerResponse> } {
    const { promise: opened, resolve } = Promise.withResolvers<ServerResponse>();
    const handler: FakeHandler = ({ response }) => {
      response.writeHead(200, stream);
      response.write(tick(1));
      resolve(response);
    };
    return { handler, opened };
  }

  test('the client leaving closes the connection and ends the results without an error', async () => {
    const { handler } = openEnded();
    await subscribed(handler, async ({ results, leave, calls }) => {
      const pending = gathered(results);
      leave.abort();
      assert.deepEqual(
        (await pending).filter((each) => typeof each === 'string'),
        [],
      );
      assert.equal(await calls[0]?.closed, false);
    });
  });

  test('a body that just ends because the client left is no cut-off', async () => {
    const leave = new AbortController();
    const connection = connect('http://127.0.0.1:9', { kind: 'federation' });
    const facade = createFederationFacade({
      ...connection,
      openStream: async ({ signal }) => ({
        status: 200,
        headers: stream,
        body: (async function* () {
          yield Buffer.from(tick(1));
          leave.abort();
          assert.ok(signal.aborted);
        })(),
      }),
    });
    const results = await facade.subscribe?.({ document: subscription, variables: {}, scope: testScope(leave.signal) });
    assert.ok(results);
    assert.deepEqual(await gathered(results), [{ n: 1 }]);
    await facade.close();
  });

  test('returning early closes the connection, also while an event is waited for', async () => {
    const { handler } = openEnded();
    await subscribed(handler, async ({ results, calls }) => {
      assert.ok(isStream(results));
      const iterator = results[Symbol.asyncIterator]();
      assert.deepEqual((await iterator.next()).value, { data: { ticked: { n: 1 } } });
      const waiting = iterator.next();
      await iterator.return?.();
      assert.equal((await waiting).done, true);
      assert.equal(await calls[0]?.closed, false);
    });
  });

  test('returning before the first event closes the connection', async () => {
    const { handler } = openEnded();
    await subscribed(handler, async ({ results, calls }) => {
      assert.ok(isStream(results));
      await results[Symbol.asyncIterator]().return?.();
      assert.equal(await calls[0]?.closed, false);
    });
  });

  const refusals: readonly (readonly [promise: string, handler: FakeHandler, code: string])[] = [
    [
      'a refusal in GraphQL is its error',
      () => ({ status: 400, json: { errors: [{ message: 'x', extensions: { code: 'NO_SUCH' } }] } }),
      'NO_SUCH',
    ],
    ['a refusal by status is an error', () => ({ status: 401, body: 'no' }), 'UNAUTHENTICATED'],
    [
      'a refusal with a stream is an error by status',
      () => ({ status: 503, headers: stream, body: tick(1) }),
      'UPSTREAM_FAILED',
    ],
    [
      'an answer that is no stream is an error',
      () => ({ json: { data: { ticked: { n: 1 } } } }),
      'UPSTREAM_BAD_RESPONSE',
    ],
    [
      'a page in place of a stream is an error',
      () => ({ headers: { 'content-type': 'text/html' }, body: '<h1>' }),
      'UPSTREAM_BAD_RESPONSE',
    ],
    [
      'a refusal above the size limit is an error',
      () => ({ status: 500, body: 'x'.repeat(2_000_000) }),
      'UPSTREAM_RESPONSE_TOO_LARGE',
    ],
  ];
  for (const [promise, handler, code] of refusals) {
    test(promise, async () => {
      await subscribed(handler, async ({ results }) => {
        assert.ok(!isStream(results));
        assert.deepEqual(
          results.errors?.map(({ extensions }) => extensions['code']),
          [code],
        );
      });
    });
  }

  test('an upstream that is not there is an error', async () => {
    const facade = createFederationFacade(connect(await refusingUrl(), { kind: 'federation' }));
    const results = await facade.subscribe?.({ document: subscription, variables: {}, scope: testScope() });
    assert.ok(results && !isStream(results));
    assert.equal(results.errors?.[0]?.extensions['code'], 'UPSTREAM_UNREACHABLE');
    await facade.close();
  });

  test('a facade without streams has no subscriptions', () => {
    const { openStream: _, ...connection } = connect('http://127.0.0.1:9');
    assert.equal(createFederationFacade(connection).subscribe, undefined);
  });
});

test('a plain GraphQL server is subscribed to in its own words', async () => {
  const typeDefs = 'type Query { a: Int } type Tick { n: Int } type Subscription { ticked(first: Int): Tick }';
  const yoga = createYoga({
    logging: false,
    schema: createSchema({
      typeDefs,
      resolvers: {
        Subscription: {
          ticked: {
            async *subscribe(_: unknown, { first }: { first: number }) {
              for (let n = 0; n < first; n += 1) yield { ticked: { n } };
            },
          },
        },
      },
    }),
  });
  const server = createServer((request, response) => void yoga(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const connection = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`);
  const { lookups, upstreamSchema } = graphqlSourceSchema({
    name: 'products',
    upstreamSdl: parse(typeDefs),
    overlay: undefined,
    overlayFile: 'overlay',
  });
  const facade = createGraphqlFacade({ ...connection, lookups, upstreamSchema });
  const results = await facade.subscribe?.({ document: subscription, variables: { first: 3 }, scope: testScope() });
  assert.ok(results);
  assert.deepEqual(await gathered(results), [{ n: 0 }, { n: 1 }, { n: 2 }]);
  await facade.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});
