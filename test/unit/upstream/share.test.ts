import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError } from '../../../src/errors.ts';
import { shareInflight } from '../../../src/upstream/share.ts';
import type { UpstreamRequest, UpstreamResponse } from '../../../src/upstream/types.ts';
import { seededRandom } from '../../../upstreams/demo/random.ts';

function requestOf(given: Partial<UpstreamRequest> = {}): UpstreamRequest {
  const signal = new AbortController().signal;
  return { method: 'POST', path: '', headers: {}, body: '{"query":"{ me }"}', signal, ...given };
}

interface Open {
  readonly request: UpstreamRequest;
  readonly answer: (response: Partial<UpstreamResponse>) => void;
  readonly fail: (error: Error) => void;
}

/** A `Send` whose calls the test answers. */
function createCalls() {
  const calls: Open[] = [];
  const send = shareInflight((request) => {
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamResponse>();
    const answer = (response: Partial<UpstreamResponse>): void =>
      resolve({ status: 200, headers: {}, body: '', ...response });
    calls.push({ request, answer, fail: reject });
    request.signal.addEventListener('abort', () => reject(new GatewayError('CLIENT_CLOSED_REQUEST', 'left')));
    return promise;
  });
  return { calls, send };
}

describe('equal queries that run at once', () => {
  test('share one call, and its failure', async () => {
    const { calls, send } = createCalls();
    const both = [send(requestOf()), send(requestOf())];
    assert.equal(calls.length, 1);
    calls[0]?.answer({ body: 'one' });
    assert.deepEqual(
      (await Promise.all(both)).map(({ body }) => body),
      ['one', 'one'],
    );
    const failing = [send(requestOf()), send(requestOf())];
    calls[1]?.fail(new GatewayError('UPSTREAM_FAILED', 'down'));
    for (const { reason } of (await Promise.allSettled(failing)) as PromiseRejectedResult[]) {
      assert.equal((reason as GatewayError).code, 'UPSTREAM_FAILED');
    }
    assert.equal(calls.length, 2);
  });

  test('make a call of their own once the answer is there: nothing is kept', async () => {
    const { calls, send } = createCalls();
    const first = send(requestOf());
    calls[0]?.answer({});
    await first;
    void send(requestOf());
    assert.equal(calls.length, 2);
  });

  test('are equal whatever their request ids and traces', () => {
    const { calls, send } = createCalls();
    for (const id of ['1', '2']) {
      const ids = {
        ...{ 'x-request-id': id, traceparent: id, tracestate: id, baggage: id, b3: id },
        ...{ 'x-b3-traceid': id, 'x-b3-spanid': id, 'x-b3-sampled': id, 'uber-trace-id': id },
      };
      void send(requestOf({ headers: { authorization: 'me', ...ids } }));
    }
    assert.equal(calls.length, 1);
  });

  test('cannot be changed into another call after they were compared', () => {
    const { calls, send } = createCalls();
    const headers: Record<string, string> = { authorization: 'ada' };
    void send(requestOf({ headers }));
    headers['authorization'] = 'bob';
    assert.deepEqual(calls[0]?.request.headers, { authorization: 'ada' });
    assert.ok(Object.isFrozen(calls[0]?.request.headers));
  });

  test('do not share an answer that sets cookies: one has it, the others call', async () => {
    const { calls, send } = createCalls();
    const both = [send(requestOf()), send(requestOf())];
    calls[0]?.answer({ headers: { 'set-cookie': 'session=1' } });
    await both[0];
    assert.equal(calls.length, 2);
    calls[1]?.answer({ headers: { 'set-cookie': 'session=2' } });
    assert.deepEqual(
      (await Promise.all(both)).map(({ headers }) => headers['set-cookie']),
      ['session=1', 'session=2'],
    );
  });
});

describe('a caller who leaves', () => {
  test('takes nothing from those who stay', async () => {
    const { calls, send } = createCalls();
    const leaving = new AbortController();
    const left = send(requestOf({ signal: leaving.signal }));
    const stayed = send(requestOf());
    leaving.abort();
    await assert.rejects(left, { code: 'CLIENT_CLOSED_REQUEST' });
    assert.equal(calls[0]?.request.signal.aborted, false);
    calls[0]?.answer({ body: 'here' });
    assert.equal((await stayed).body, 'here');
  });

  test('ends the call as the last one, and who comes then makes another', async () => {
    const { calls, send } = createCalls();
    const controllers = [new AbortController(), new AbortController()];
    const all = controllers.map(({ signal }) => send(requestOf({ signal })));
    for (const controller of controllers) controller.abort();
    assert.equal(calls[0]?.request.signal.aborted, true);
    void send(requestOf());
    assert.equal(calls.length, 2);
    for (const each of all) await assert.rejects(each, { code: 'CLIENT_CLOSED_REQUEST' });
  });

  test('before the call makes none', async () => {
    const { calls, send } = createCalls();
    await assert.rejects(send(requestOf({ signal: AbortSignal.abort() })), { code: 'CLIENT_CLOSED_REQUEST' });
    assert.equal(calls.length, 0);
  });
});

test('no two calls are taken for one because their parts run into each other', () => {
  const pairs: readonly (readonly [Partial<UpstreamRequest>, Partial<UpstreamRequest>])[] = [
    [{ headers: { a: 'x', b: 'y' } }, { headers: { a: 'xb:y' } }],
    [{ headers: { a: 'x1:b1:y' } }, { headers: { a: 'x', b: 'y' } }],
    [
      { headers: { a: 'x' }, body: 'z' },
      { headers: {}, body: '1:a1:x+z' },
    ],
    [
      { headers: { a: '' }, body: 'x+y' },
      { headers: { a: '+x' }, body: 'y' },
    ],
    [
      { path: '/a', headers: {} },
      { path: '/', headers: { a: '' } },
    ],
    [{ body: undefined }, { body: '' }],
    [{ method: 'POST' }, { method: 'PUT' }],
  ];
  for (const pair of pairs) {
    const { calls, send } = createCalls();
    for (const given of pair) void send(requestOf(given));
    assert.equal(calls.length, 2, JSON.stringify(pair));
  }
});

test('two identities never meet, however their headers, paths and bodies are cut', async () => {
  // Pieces that would run into each other if a key only joined them.
  const pieces = ['', 'a', 'b', 'ab', ':', '1:', '0:', '-', '+', '4:name', ' ', 'authorization', 'x'];
  for (let seed = 1; seed <= 3000; seed += 1) {
    const { pick, chance } = seededRandom(seed);
    const text = (): string => pick(pieces) + pick(pieces) + pick(pieces);
    const one = {
      path: text(),
      headers: { [text()]: text(), authorization: text() },
      body: chance(10) ? undefined : text(),
    };
    const other = { ...one, headers: { ...one.headers } };
    if (chance(25)) other.path = text();
    if (chance(25)) other.body = text();
    if (chance(60)) other.headers['authorization'] = text();
    if (chance(20)) Object.assign(other.headers, { [text()]: text() });
    if (chance(10)) delete (other.headers as Record<string, string>)['authorization'];
    const { calls, send } = createCalls();
    void send(requestOf(one));
    void send(requestOf(other));
    const isEqual = JSON.stringify(one) === JSON.stringify(other);
    assert.equal(calls.length, isEqual ? 1 : 2, `seed ${seed}: ${JSON.stringify([one, other])}`);
    assert.deepEqual(calls.at(-1)?.request.headers, isEqual ? one.headers : other.headers);
  }
});
