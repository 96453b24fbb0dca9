import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { buildSchema, GraphQLError, type GraphQLSchema } from 'graphql';
import { GatewayError } from '../../src/errors.ts';
import type { GraphqlContext } from '../../src/server/graphql-server.ts';
import { serveSchema, type ServedSchema } from '../support/serve-schema.ts';

interface Source {
  readonly schema: GraphQLSchema;
  /** Gives the next count to the subscriber. */
  readonly push: (count: number | Error) => void;
  readonly end: () => void;
  /** Resolves when the server lets go of the source. */
  readonly returned: Promise<void>;
  readonly subscribed: () => number;
}

function createSource(): Source {
  const schema = buildSchema('type Query { a: Int } type Subscription { count: Int }');
  const returned = Promise.withResolvers<void>();
  const waiting: ((step: IteratorResult<unknown>) => void)[] = [];
  const ready: IteratorResult<unknown>[] = [];
  let subscribed = 0;
  const give = (step: IteratorResult<unknown>): void => {
    const next = waiting.shift();
    if (next) next(step);
    else ready.push(step);
  };
  const field = schema.getSubscriptionType()?.getFields()['count'];
  assert.ok(field);
  field.subscribe = (_source: unknown, _args: unknown, _context: GraphqlContext) => {
    subscribed++;
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => {
        const step = ready.shift();
        return step ? Promise.resolve(step) : new Promise<IteratorResult<unknown>>((resolve) => waiting.push(resolve));
      },
      return: () => {
        returned.resolve();
        return Promise.resolve({ done: true as const, value: undefined });
      },
    };
  };
  field.resolve = (value: unknown) => {
    if (value instanceof Error) throw value;
    return value;
  };
  return {
    schema,
    push: (value) => give({ done: false, value }),
    end: () => give({ done: true, value: undefined }),
    returned: returned.promise,
    subscribed: () => subscribed,
  };
}

function subscribe(server: ServedSchema, init: RequestInit = {}): Promise<Response> {
  return fetch(server.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'subscription { count }' }),
    ...init,
  });
}

/** The events of a stream, without the comments that keep it open. */
async function* eventsOf(response: Response): AsyncGenerator<string> {
  assert.ok(response.body);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      if (event !== ':') yield event;
    }
  }
}

describe('a subscription', () => {
  test('is answered as an event stream, one event a result, and completes', async () => {
    const source = createSource();
    await using server = await serveSchema(source.schema);
    const response = await subscribe(server);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.equal(response.headers.get('content-encoding'), null);
    assert.ok(response.headers.get('x-request-id'));
    const events = eventsOf(response);
    source.push(1);
    assert.equal((await events.next()).value, 'event: next\ndata: {"data":{"count":1}}');
    source.push(2);
    assert.equal((await events.next()).value, 'event: next\ndata: {"data":{"count":2}}');
    source.end();
    assert.equal((await events.next()).value, 'event: complete\ndata:');
    assert.equal((await events.next()).done, true);
  });

  test('may come by GET, as browsers ask for event streams', async () => {
    const source = createSource();
    await using server = await serveSchema(source.schema);
    const url = `${server.endpoint}?query=${encodeURIComponent('subscription { count }')}`;
    const response = await fetch(url, { headers: { accept: 'text/event-stream' } });
    source.push(1);
    assert.equal((await eventsOf(response).next()).value, 'event: next\ndata: {"data":{"count":1}}');
    await response.body?.cancel().catch(() => {});
  });

  test('hides of an error inside the stream what any answer hides', async () => {
    const source = createSource();
    await using server = await serveSchema(source.schema);
    const response = await subscribe(server);
    const events = eventsOf(response);
    source.push(new GatewayError('UPSTREAM_FAILED', 'http://10.0.0.7 said no', { upstream: 'reviews' }));
    const first = JSON.parse(String((await events.next()).value).split('data: ')[1] ?? '');
    assert.deepEqual(first.errors[0].extensions, {
      code: 'UPSTREAM_FAILED',
      upstream: 'reviews',
      requestId: response.headers.get('x-request-id'),
    });
    source.push(new GraphQLError('password is hunter2'));
    assert.doesNotMatch(String((await events.next()).value), /hunter2/);
    await events.return(undefined);
  });

  test('of a client that takes no event stream is refused with 406 and what to accept', async () => {
    const source = createSource();
    await using server = await serveSchema(source.schema);
    for (const accept of ['application/json', '*/*', 'application/graphql-response+json']) {
      const response = await subscribe(server, { headers: { 'content-type': 'application/json', accept } });
      assert.equal(response.status, 406);
      assert.match(await response.text(), /expected \\"accept\\" to name text\/event-stream/);
    }
    assert.equal(source.subscribed(), 0);
  });

  test('that does not fit the schema is refused by its status, not by a stream that a client would open again', async () => {
    await using server = await serveSchema(createSource().schema);
    const response = await subscribe(server, { body: JSON.stringify({ query: 'subscription { nothing }' }) });
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('content-type'), 'application/graphql-response+json; charset=utf-8');
  });

  test('lets go of its source when the client leaves, even between two events', async () => {
    const source = createSource();
    await using server = await serveSchema(source.schema);
    const client = new AbortController();
    const response = await subscribe(server, { signal: client.signal });
    const events = eventsOf(response);
    source.push(1);
    await events.next();
    const aborted = once(server.scopes[0]?.signal ?? assert.fail(), 'abort');
    client.abort();
    await Promise.all([source.returned, aborted]);
    await assert.rejects(events.next(), { name: 'AbortError' });
  });

  test('ends at shutdown without an event "complete", so that clients ask again elsewhere', async () => {
    const source = createSource();
    await using server = await serveSchema(source.schema, { drainMs: 60_000 });
    const response = await subscribe(server);
    const events = eventsOf(response);
    source.push(1);
    await events.next();
    const closed = server.close();
    assert.equal((await events.next()).done, true);
    await Promise.all([closed, source.returned]);
  });
});

test('a subscription that begins during a shutdown is refused with 503', async () => {
  const source = createSource();
  const open = await serveSchema(source.schema);
  await using server = await serveSchema(source.schema, {
    lanes: { graphql: (req, res) => open.lanes.graphql(req, res, AbortSignal.abort()) },
  });
  const response = await subscribe(server);
  assert.equal(response.status, 503);
  assert.match(await response.text(), /SHUTTING_DOWN/);
  assert.equal(source.subscribed(), 0);
  await open.close();
});

test('a query of a client that takes only event streams is answered as a stream of one result', async () => {
  await using server = await serveSchema(createSource().schema);
  const response = await subscribe(server, { body: JSON.stringify({ query: '{ a }' }) });
  assert.equal(await response.text(), ':\n\nevent: next\ndata: {"data":{"a":null}}\n\nevent: complete\ndata:\n\n');
});
