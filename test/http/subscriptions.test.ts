import assert from 'node:assert/strict';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test, type TestContext } from 'node:test';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { listenToEnds } from '../../src/telemetry/listen.ts';
import type { RequestRecord } from '../../src/telemetry/record.ts';
import { startFakeUpstream, type FakeCall, type FakeUpstream } from '../support/fake-upstream.ts';
import { listenToCalls } from '../support/recorded.ts';
import { environmentOf, startDemoServers, startGateway } from '../support/start-gateway.ts';
import type { DemoServers, Json, TestGateway } from '../support/start-gateway.ts';
import { until } from '../support/until.ts';

let demo: DemoServers;
let reviews: FakeUpstream;
let gateway: TestGateway;
let streams: FakeCall[] = [];

before(async () => {
  demo = await startDemoServers();
  reviews = await startFakeUpstream(async (call) => {
    if (call.headers.accept?.includes('text/event-stream')) streams.push(call);
    await passThrough(call, demo.servers.reviews.url);
  });
  gateway = await startGateway({ env: { ...demo.env, ...environmentOf({ reviews: reviews.url }) } });
});
after(async () => {
  await gateway.close();
  await reviews.close();
  await demo.close();
});

/** Passes a request on and its answer back, part by part; ends the one where the other's end is left. */
async function passThrough({ headers, body, response }: FakeCall, target: string): Promise<void> {
  const leaving = new AbortController();
  response.once('close', () => leaving.abort());
  const passed = { accept: headers.accept ?? '*/*', 'content-type': 'application/json' };
  const answer = await fetch(target, { method: 'POST', headers: passed, body, signal: leaving.signal });
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
  response.flushHeaders();
  await pipeline(answer.body ?? [], response).catch(() => {});
}

interface Subscription {
  readonly status: number;
  readonly headers: Headers;
  /** The data of the next event; `undefined` at the end of the stream. */
  readonly next: () => Promise<Json | undefined>;
  readonly leave: () => void;
}

async function subscribe(t: TestContext, query: string): Promise<Subscription> {
  const leaving = new AbortController();
  t.after(() => leaving.abort());
  const response = await fetch(gateway.gateway.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
    signal: leaving.signal,
  });
  const events = readEvents(response);
  const next = async (): Promise<Json | undefined> => {
    const { value } = await events.next();
    return value?.event === 'next' ? (JSON.parse(value.data) as Json) : undefined;
  };
  return { status: response.status, headers: response.headers, next, leave: () => leaving.abort() };
}

async function* readEvents({ body }: Response): AsyncGenerator<EventSourceMessage, undefined> {
  const waiting: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => waiting.push(event) });
  const decoder = new TextDecoder();
  for await (const part of body ?? []) {
    parser.feed(decoder.decode(part, { stream: true }));
    yield* waiting.splice(0);
  }
  return undefined;
}

async function addReview(productId: string, rating: number): Promise<void> {
  const { errors } = await gateway.query('mutation ($input: AddReviewInput!) { addReview(input: $input) { id } }', {
    input: { productId, authorId: '1', body: 'Just so.', rating },
  });
  assert.deepEqual(errors, []);
}

describe('a subscription', () => {
  test('gives each event joined with fields of other upstreams, until its client leaves', async (t) => {
    streams = [];
    const subscription = await subscribe(
      t,
      'subscription { reviewAdded(productId: 7) { stars: rating body author { name } product { name inStock } } }',
    );
    assert.equal(subscription.status, 200);
    assert.match(subscription.headers.get('content-type') ?? '', /^text\/event-stream/);
    const { product } = (await gateway.query('{ product(id: 7) { name inStock } }')).data ?? {};

    await addReview('8', 1);
    await addReview('7', 3);
    await addReview('7', 4);
    for (const stars of [3, 4]) {
      assert.deepEqual(await subscription.next(), {
        data: { reviewAdded: { stars, body: 'Just so.', author: { name: 'Ada Abel' }, product } },
      });
    }

    const [stream] = streams;
    assert.equal(streams.length, 1);
    subscription.leave();
    assert.equal(await stream?.closed, false);
  });

  test('asks anew for each event, in calls that tell of themselves as they end', async (t) => {
    const ended: RequestRecord[] = [];
    const listening = listenToEnds((record) => ended.push(record));
    t.after(listening.stop);
    const { detached } = listenToCalls(t);
    const subscription = await subscribe(t, 'subscription { reviewAdded(productId: 6) { author { name } } }');
    for (let event = 1; event <= 12; event += 1) {
      await addReview('6', 5);
      await subscription.next();
      const calls = detached.filter(({ upstream }) => upstream === 'users');
      assert.equal(calls.length, event);
    }
    subscription.leave();
    const told = (): RequestRecord | undefined => {
      listening.flush();
      return ended.find(({ isLasting }) => isLasting);
    };
    await until(() => told() !== undefined);
    assert.ok((told()?.calls.length ?? 0) <= 20);
  });

  test('costs one event a field where another upstream fails, and goes on', async (t) => {
    const subscription = await subscribe(t, 'subscription { reviewAdded(productId: 9) { rating author { name } } }');
    const unknown = { productId: '9', authorId: '999', body: 'Who?', rating: 2 };
    await gateway.query('mutation ($input: AddReviewInput!) { addReview(input: $input) { id } }', { input: unknown });
    assert.deepEqual(await subscription.next(), { data: { reviewAdded: { rating: 2, author: null } } });
    await addReview('9', 5);
    assert.deepEqual(await subscription.next(), { data: { reviewAdded: { rating: 5, author: { name: 'Ada Abel' } } } });
  });

  test('ends for the client when the upstream says that it is complete', async (t) => {
    streams = [];
    const subscription = await subscribe(t, 'subscription { reviewAdded { rating } }');
    const ended = subscription.next();
    streams[0]?.response.end('event: complete\ndata:\n\n');
    assert.equal(await ended, undefined);
  });

  test('ends with an error where the upstream breaks off', async (t) => {
    streams = [];
    const subscription = await subscribe(t, 'subscription { reviewAdded { rating } }');
    streams[0]?.response.destroy();
    const { errors } = (await subscription.next()) as { readonly errors: readonly { readonly extensions: Json }[] };
    const { code, upstream } = errors[0]?.extensions ?? {};
    assert.deepEqual([code, upstream], ['UPSTREAM_BAD_RESPONSE', 'reviews']);
    assert.equal(await subscription.next(), undefined);
  });

  test('is refused, not answered once, where the client takes no stream', async () => {
    const { status, errors } = await gateway.query('subscription { reviewAdded { rating } }');
    assert.equal(status, 406);
    assert.equal(errors[0]?.extensions['code'], 'NOT_ACCEPTABLE');
  });
});
