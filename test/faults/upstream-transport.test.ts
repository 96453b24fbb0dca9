import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import { getEventListeners, once } from 'node:events';
import { after, describe, test, type TestContext } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { GatewayError } from '../../src/errors.ts';
import type { CallEvent } from '../../src/telemetry/channels.ts';
import type { Upstream } from '../../src/upstream/pool.ts';
import { createSend } from '../../src/upstream/send.ts';
import { openTargets, roundRobin } from '../../src/upstream/targets.ts';
import type { UpstreamRequest, UpstreamResponse } from '../../src/upstream/types.ts';
import {
  cutOff,
  refusingUrl,
  startFakeSocketServer,
  startFakeUpstream,
  type FakeHandler,
} from '../support/fake-upstream.ts';
import { openUpstream, upstreamConfig, type ConfigChanges } from '../support/upstream-config.ts';

async function send(upstream: Upstream, request: Partial<UpstreamRequest> = {}): Promise<UpstreamResponse> {
  const { signal } = new AbortController();
  return upstream.send({ method: 'GET', path: '/users/1', headers: {}, body: undefined, signal, ...request });
}

async function start(t: TestContext, handler: FakeHandler, changes: ConfigChanges = {}) {
  const fake = await startFakeUpstream(handler);
  const upstream = openUpstream(fake.url, changes);
  t.after(async () => {
    await upstream.destroy();
    await fake.close();
  });
  return { fake, upstream };
}

async function startSocket(
  t: TestContext,
  onSocket: Parameters<typeof startFakeSocketServer>[0],
  changes: ConfigChanges = {},
) {
  const fake = await startFakeSocketServer(onSocket);
  const upstream = openUpstream(fake.url, changes);
  t.after(async () => {
    await upstream.destroy();
    await fake.close();
  });
  return { fake, upstream };
}

async function failure(call: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await call.then(
    () => assert.fail('the call must fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof GatewayError, String(error));
  return error;
}

/** Answers a GET only when it is told to. */
const never: FakeHandler = () => {};

describe('an answer that is read whole', () => {
  test('status, repeated headers and text come back', async (t) => {
    const { upstream, fake } = await start(t, () => ({
      status: 404,
      headers: { 'set-cookie': ['a=1', 'b=2'], 'x-a': 'x' },
      json: { error: 'n\u00f6' },
    }));
    const answer = await send(upstream, {
      method: 'POST',
      path: '/users?a=1',
      headers: { 'x-b': 'y' },
      body: '{"n":"\u00e9"}',
    });
    assert.equal(answer.status, 404);
    assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(answer.headers['x-a'], 'x');
    assert.equal(answer.body, '{"error":"n\u00f6"}');
    const [call] = fake.requests;
    assert.deepEqual(
      [call?.method, call?.path, call?.body, call?.headers['x-b']],
      ['POST', '/users?a=1', '{"n":"\u00e9"}', 'y'],
    );
  });

  test('a byte order mark is not part of the text', async (t) => {
    const { upstream } = await start(t, () => ({ body: '\ufeff{"a":1}' }));
    assert.equal((await send(upstream)).body, '{"a":1}');
  });

  test('an empty body and a 204 are an empty text', async (t) => {
    const { upstream } = await start(t, ({ path }) => ({ status: path === '/none' ? 204 : 200 }));
    assert.equal((await send(upstream, { path: '/none' })).body, '');
    assert.equal((await send(upstream)).body, '');
  });

  test('a character cut in two by a part is whole again', async (t) => {
    const { upstream } = await start(t, async ({ response }) => {
      const bytes = Buffer.from('\u20ac');
      response.writeHead(200);
      response.write(bytes.subarray(0, 1));
      await new Promise((resolve) => setImmediate(resolve));
      response.end(bytes.subarray(1));
    });
    assert.equal((await send(upstream)).body, '\u20ac');
  });

  test('an interim 103 is not the answer', async (t) => {
    const { upstream } = await start(t, ({ response }) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('done');
    });
    const answer = await send(upstream);
    assert.deepEqual([answer.status, answer.body], [200, 'done']);
  });

  test('calls in turn use one socket again', async (t) => {
    const { upstream, fake } = await start(t, ({ body }) => ({ body }));
    for (let n = 0; n < 5; n += 1) await send(upstream, { method: 'POST', body: String(n) });
    // Two take turns: a socket rests for one turn of the event loop before it is used again.
    assert.ok(Math.max(...fake.requests.map(({ socket }) => socket)) <= 2);
  });

  test('no more sockets are open than configured', async (t) => {
    const { upstream, fake } = await start(t, () => ({}), { connections: 2 });
    await Promise.all(Array.from({ length: 10 }, async () => send(upstream)));
    assert.equal(new Set(fake.requests.map(({ socket }) => socket)).size, 2);
  });

  test('several targets are called in turn, below their base paths', async (t) => {
    const one = await startFakeUpstream(() => ({ body: 'one' }));
    const two = await startFakeUpstream(() => ({ body: 'two' }));
    const upstream = openUpstream([`${one.url}/v1`, two.url]);
    t.after(async () => Promise.all([upstream.destroy(), one.close(), two.close()]));
    const bodies: string[] = [];
    for (const path of ['/a', '/b', '/c', '']) bodies.push((await send(upstream, { path })).body);
    assert.deepEqual(bodies, ['one', 'two', 'one', 'two']);
    assert.deepEqual(
      one.requests.map(({ path }) => path),
      ['/v1/a', '/v1/c'],
    );
    assert.deepEqual(
      two.requests.map(({ path }) => path),
      ['/b', '/'],
    );
  });

  test('a coded body is decoded', async (t) => {
    const { upstream } = await start(t, () => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"a":1}') }));
    assert.equal((await send(upstream)).body, '{"a":1}');
  });

  test('no coding is asked for', async (t) => {
    const { upstream, fake } = await start(t, () => ({}));
    await send(upstream);
    assert.equal(fake.requests[0]?.headers['accept-encoding'], undefined);
  });
});

describe('an upstream that fails', () => {
  test('refusing connections is UPSTREAM_UNREACHABLE, and the log gets upstream, method, path and reason', async (t) => {
    const upstream = openUpstream(await refusingUrl());
    t.after(() => upstream.destroy());
    const error = await failure(send(upstream, { path: '/users/1?token=secret' }));
    assert.equal(error.code, 'UPSTREAM_UNREACHABLE');
    assert.equal(error.upstream, 'users');
    assert.match(error.message, /^users: GET \/users\/1: no connection \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)$/);
    assert.equal(error.publicMessage, 'A service cannot be reached.');
    assert.ok(error.cause instanceof Error);
  });

  test('a connection that does not get ready within connectMs is UPSTREAM_UNREACHABLE', async (t) => {
    const silent = await startFakeSocketServer(() => {});
    const upstream = openUpstream(silent.url.replace('http:', 'https:'), {
      timeouts: { connectMs: 50, totalMs: 60_000 },
    });
    t.after(async () => Promise.all([upstream.destroy(), silent.close()]));
    const error = await failure(send(upstream));
    assert.equal(error.code, 'UPSTREAM_UNREACHABLE');
    assert.equal(error.message, 'users: GET /users/1: no connection (not connected within 50 ms)');
  });

  test('slow headers are UPSTREAM_TIMEOUT, and the upstream sees the call end', async (t) => {
    const { upstream, fake } = await start(t, never, { timeouts: { totalMs: 60 } });
    const error = await failure(send(upstream));
    assert.equal(error.code, 'UPSTREAM_TIMEOUT');
    assert.equal(error.message, 'users: GET /users/1: no whole answer within 60 ms');
    assert.equal(await fake.requests[0]?.closed, false);
  });

  test('a body that drips beyond the total time is UPSTREAM_TIMEOUT', async (t) => {
    const dripping: NodeJS.Timeout[] = [];
    after(() => dripping.forEach(clearInterval));
    const { upstream } = await start(
      t,
      ({ response }) => {
        response.writeHead(200);
        dripping.push(setInterval(() => response.write('.'), 10));
      },
      { timeouts: { totalMs: 80 } },
    );
    assert.equal((await failure(send(upstream))).code, 'UPSTREAM_TIMEOUT');
  });

  test('headersMs and bodyMs end a call before its total time', async (t) => {
    const timeouts = { headersMs: 50, bodyMs: 50, totalMs: 60_000 };
    const { upstream } = await start(
      t,
      ({ path, response }) => {
        if (path === '/interim') response.writeEarlyHints({ link: '</a.css>; rel=preload' });
        if (path === '/body') response.writeHead(200).write('{');
      },
      { timeouts },
    );
    const messages = [
      ['/headers', 'users: GET /headers: no response headers within 50 ms'],
      ['/interim', 'users: GET /interim: no response headers within 50 ms'],
      ['/body', 'users: GET /body: no further part of the answer within 50 ms'],
    ] as const;
    for (const [path, message] of messages) {
      const error = await failure(send(upstream, { path }));
      assert.deepEqual([error.code, error.message], ['UPSTREAM_TIMEOUT', message]);
    }
  });

  test('waiting for a free socket counts as time, and costs no socket', async (t) => {
    const { upstream, fake } = await start(
      t,
      async ({ path, request }) => {
        if (path === '/hold') await once(request.socket, 'release');
        return { body: 'ok' };
      },
      { connections: 1, timeouts: { totalMs: 1000 } },
    );
    const leaving = new AbortController();
    const hold = send(upstream, { path: '/hold' });
    const waiting = send(upstream, { path: '/waiting', signal: leaving.signal });
    leaving.abort();
    assert.equal((await failure(waiting)).code, 'CLIENT_CLOSED_REQUEST');
    while (fake.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    fake.requests[0]?.request.socket.emit('release');
    assert.equal((await hold).body, 'ok');
    assert.equal((await send(upstream)).body, 'ok');
    assert.deepEqual(
      fake.requests.map(({ path, socket }) => [path, socket]),
      [
        ['/hold', 1],
        ['/users/1', 1],
      ],
    );
  });

  test('an answer cut off mid-body is UPSTREAM_BAD_RESPONSE and is not asked for again', async (t) => {
    const { upstream, fake } = await start(t, (call) => cutOff(call));
    const error = await failure(send(upstream));
    assert.equal(error.code, 'UPSTREAM_BAD_RESPONSE');
    assert.match(error.message, /^users: GET \/users\/1: the answer was cut off/);
    assert.equal(fake.requests.length, 1);
  });

  test('a chunked answer cut off mid-body is UPSTREAM_BAD_RESPONSE', async (t) => {
    const { upstream } = await start(t, ({ response }) => {
      response.writeHead(200).write('{"half":', () => response.destroy());
    });
    const error = await failure(send(upstream));
    assert.equal(error.code, 'UPSTREAM_BAD_RESPONSE');
    assert.match(error.message, /the answer was cut off/);
  });

  test('an answer that is not HTTP is UPSTREAM_BAD_RESPONSE', async (t) => {
    const { upstream } = await startSocket(t, (socket) => {
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    });
    const error = await failure(send(upstream));
    assert.equal(error.code, 'UPSTREAM_BAD_RESPONSE');
    assert.match(error.message, /the answer is not sound HTTP/);
  });

  test('a huge answer is UPSTREAM_RESPONSE_TOO_LARGE, announced or not', async (t) => {
    const { upstream, fake } = await start(
      t,
      ({ path, response }) => {
        if (path === '/announced') response.writeHead(200, { 'content-length': 5_000_000 }).write('x');
        else response.writeHead(200).write('x'.repeat(5_000_000));
      },
      { maxResponseBytes: 1000 },
    );
    for (const path of ['/announced', '/chunked']) {
      const error = await failure(send(upstream, { path }));
      assert.equal(error.code, 'UPSTREAM_RESPONSE_TOO_LARGE');
      assert.equal(error.message, `users: GET ${path}: the answer has more than 1000 bytes`);
    }
    for (const { closed } of fake.requests) assert.equal(await closed, false);
  });

  test('a body of exactly the limit is read', async (t) => {
    const { upstream } = await start(t, () => ({ body: 'x'.repeat(1000) }), { maxResponseBytes: 1000 });
    assert.equal((await send(upstream)).body.length, 1000);
  });

  test('a small body that decodes to a huge one is UPSTREAM_RESPONSE_TOO_LARGE', async (t) => {
    const bombs = { gzip: gzipSync(Buffer.alloc(5_000_000)), br: brotliCompressSync(Buffer.alloc(5_000_000)) };
    const { upstream } = await start(
      t,
      ({ path }) => {
        const coding = path.slice(1) as keyof typeof bombs;
        return { headers: { 'content-encoding': coding }, body: bombs[coding] };
      },
      { maxResponseBytes: 100_000 },
    );
    for (const path of ['/gzip', '/br']) {
      assert.equal((await failure(send(upstream, { path }))).code, 'UPSTREAM_RESPONSE_TOO_LARGE');
    }
  });

  test('a body that is not in its coding is UPSTREAM_BAD_RESPONSE', async (t) => {
    const { upstream } = await start(t, () => ({ headers: { 'content-encoding': 'gzip' }, body: '{"a":1}' }));
    const error = await failure(send(upstream));
    assert.equal(error.code, 'UPSTREAM_BAD_RESPONSE');
    assert.equal(error.message, 'users: GET /users/1: the body cannot be decoded (incorrect header check)');
  });

  test('a call that cannot be made is INTERNAL_ERROR', async (t) => {
    const { upstream, fake } = await start(t, () => ({}));
    assert.equal((await failure(send(upstream, { headers: { 'x-a': 'a\r\nx-b: c' } }))).code, 'INTERNAL_ERROR');
    assert.equal((await failure(send(upstream, { path: '/a b' }))).code, 'INTERNAL_ERROR');
    assert.equal(fake.requests.length, 0);
  });

  test('after a failure the next call works', async (t) => {
    let calls = 0;
    const { upstream } = await start(t, (call) => {
      calls += 1;
      if (calls === 1) return cutOff(call);
      return { body: 'ok' };
    });
    await failure(send(upstream));
    assert.equal((await send(upstream)).body, 'ok');
  });
});

describe('a kept-alive socket that the upstream closes', () => {
  const good = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

  /** The first request of a socket is answered, the second closes it. */
  const closesOnSecond: Parameters<typeof startFakeSocketServer>[0] = (socket) => {
    let requests = 0;
    socket.on('data', () => {
      requests += 1;
      if (requests === 1) socket.write(good);
      else socket.end();
    });
  };

  test('a GET is sent once more on a fresh one', async (t) => {
    const { upstream, fake } = await startSocket(t, closesOnSecond, { connections: 1 });
    assert.equal((await send(upstream)).body, 'ok');
    assert.equal((await send(upstream)).body, 'ok');
    assert.equal(fake.connections.length, 2);
  });

  test('so is a GraphQL query, which changes nothing', async (t) => {
    const { upstream, fake } = await startSocket(t, closesOnSecond, { connections: 1 });
    const query = { method: 'POST', body: '{}', isQuery: true } as const;
    assert.equal((await send(upstream, query)).body, 'ok');
    assert.equal((await send(upstream, query)).body, 'ok');
    assert.equal(fake.connections.length, 2);
  });

  test('any other POST is never sent twice', async (t) => {
    const { upstream, fake } = await startSocket(t, closesOnSecond, { connections: 1 });
    assert.equal((await send(upstream, { method: 'POST', body: '1' })).body, 'ok');
    const error = await failure(send(upstream, { method: 'POST', body: '2' }));
    assert.equal(error.code, 'UPSTREAM_BAD_RESPONSE');
    assert.equal(error.message, 'users: POST /users/1: the connection was closed without an answer');
    assert.equal(fake.connections.length, 1);
  });

  test('neither is a DELETE without body', async (t) => {
    const { upstream, fake } = await startSocket(t, closesOnSecond, { connections: 1 });
    assert.equal((await send(upstream, { method: 'DELETE' })).body, 'ok');
    assert.equal((await failure(send(upstream, { method: 'DELETE' }))).code, 'UPSTREAM_BAD_RESPONSE');
    assert.equal(fake.connections.length, 1);
  });

  test('a GET on a new socket that closes is not sent again', async (t) => {
    const { upstream, fake } = await startSocket(t, (socket) => socket.once('data', () => socket.end()));
    assert.equal((await failure(send(upstream))).code, 'UPSTREAM_BAD_RESPONSE');
    assert.equal(fake.connections.length, 1);
  });
});

describe('a client that leaves', () => {
  test('ends the upstream call with CLIENT_CLOSED_REQUEST, before and within the answer', async (t) => {
    const { upstream, fake } = await start(t, ({ path, response }) => {
      if (path === '/begun') response.writeHead(200).write('{');
    });
    for (const path of ['/silent', '/begun']) {
      const leaving = new AbortController();
      const call = failure(send(upstream, { path, signal: leaving.signal }));
      while (fake.requests.at(-1)?.path !== path) await new Promise((resolve) => setImmediate(resolve));
      leaving.abort();
      const error = await call;
      assert.deepEqual([error.code, error.message], ['CLIENT_CLOSED_REQUEST', 'The client closed the request.']);
      assert.equal(await fake.requests.at(-1)?.closed, false);
    }
  });

  test('has nothing sent if it left before', async (t) => {
    const { upstream, fake } = await start(t, () => ({}));
    assert.equal((await failure(send(upstream, { signal: AbortSignal.abort() }))).code, 'CLIENT_CLOSED_REQUEST');
    assert.equal(fake.requests.length, 0);
  });

  test('leaves no listener behind on its signal after its calls', async (t) => {
    const { upstream } = await start(t, () => ({}));
    const { signal } = new AbortController();
    await Promise.all([send(upstream, { signal }), send(upstream, { signal })]);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    const targets = openTargets(upstreamConfig(), upstream.targets);
    const innermost = createSend({
      ...{ upstream: 'users', nextTarget: roundRobin(targets) },
      ...{ headersMs: 0, bodyMs: 0, totalMs: 1000, maxResponseBytes: 1000 },
    });
    await innermost({ method: 'GET', path: '/', headers: {}, body: undefined, signal });
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    await Promise.all(targets.map(async ({ pool }) => pool.destroy()));
  });
});

describe('closing', () => {
  test('close lets a running call end and takes no more', async (t) => {
    const { upstream, fake } = await start(t, async ({ request }) => {
      await once(request.socket, 'release');
      return { body: 'ok' };
    });
    const running = send(upstream);
    while (fake.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const closing = upstream.close();
    assert.equal((await failure(send(upstream))).code, 'SHUTTING_DOWN');
    fake.requests[0]?.request.socket.emit('release');
    assert.equal((await running).body, 'ok');
    await closing;
  });

  test('destroy ends a running call with SHUTTING_DOWN', async (t) => {
    const { upstream, fake } = await start(t, never);
    const running = failure(send(upstream));
    while (fake.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await upstream.destroy();
    assert.equal((await running).code, 'SHUTTING_DOWN');
  });
});

describe('what listeners are told', () => {
  test('every call is told once, without its path', async (t) => {
    const told: CallEvent[] = [];
    const listen = (event: unknown): void => void told.push(event as CallEvent);
    diagnostics.subscribe('weft:upstream.end', listen);
    t.after(() => diagnostics.unsubscribe('weft:upstream.end', listen));
    const { upstream } = await start(t, (call) => (call.path === '/cut' ? cutOff(call) : { status: 404 }));
    await send(upstream, { path: '/users/1?email=a' });
    await failure(send(upstream, { path: '/cut' }));
    const seen = told.map(({ call: { upstream: name, method, template, status, error }, requestId }) => {
      return { name, method, template, status, error, requestId };
    });
    const common = { name: 'users', method: 'GET', template: '', requestId: '' };
    assert.deepEqual(seen, [
      { ...common, status: 404, error: undefined },
      { ...common, status: 200, error: 'UPSTREAM_BAD_RESPONSE' },
    ]);
  });
});

describe('targets', () => {
  test('a target that is no http URL is refused at start', () => {
    for (const target of ['embedded', 'ftp://a', '']) {
      assert.throws(() => openUpstream(target), { code: 'CONFIGURATION_INVALID' });
    }
    assert.throws(() => openUpstream([]), { code: 'CONFIGURATION_INVALID' });
  });
});
