import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Agent, createServer, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { describe, test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { RouteConfig } from '../../src/config/types.ts';
import { GatewayError } from '../../src/errors.ts';
import { writeError } from '../../src/rest/error-response.ts';
import type { RouteMatch } from '../../src/rest/match.ts';
import { createPassthrough } from '../../src/rest/passthrough.ts';
import type { CallEvent, InternalErrorEvent } from '../../src/telemetry/channels.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import {
  cutOff,
  refusingUrl,
  startFakeSocketServer,
  startFakeUpstream,
  type FakeHandler,
  type FakeUpstream,
} from '../support/fake-upstream.ts';
import { ask, askRaw, route, startPassthrough, type PassthroughGateway } from '../support/passthrough-gateway.ts';
import { openUpstream, type ConfigChanges } from '../support/upstream-config.ts';

interface Options {
  readonly readBody?: boolean;
  readonly routes?: readonly RouteConfig[];
  readonly upstream?: ConfigChanges;
  readonly basePath?: string;
}

async function start(
  t: TestContext,
  handler: FakeHandler,
  { readBody = true, routes = [route()], upstream = {}, basePath = '' }: Options = {},
): Promise<{ readonly fake: FakeUpstream; readonly gateway: PassthroughGateway }> {
  const fake = await startFakeUpstream(handler, { readBody });
  const gateway = await startPassthrough(routes, [openUpstream(fake.url + basePath, upstream)]);
  t.after(async () => Promise.all([gateway.close(), fake.close()]));
  return { fake, gateway };
}

/** The first thing that a stream gives. */
async function part(stream: IncomingMessage): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  return chunk.toString();
}

async function answerTo(call: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return response;
}

async function untilCalled(fake: FakeUpstream, times = 1): Promise<void> {
  while (fake.requests.length < times) await new Promise((resolve) => setImmediate(resolve));
}

function errorOf(body: string): { code: string; message: string; requestId: string } {
  return (JSON.parse(body) as { error: { code: string; message: string; requestId: string } }).error;
}

const tooMuch = 100_000_000;

/** Writes without end while a stream takes more; tells how many bytes it took. */
function pour(stream: Writable): () => number {
  const block = Buffer.alloc(64 * 1024);
  let taken = 0;
  const write = (): void => {
    do taken += block.length;
    while (stream.write(block) && taken < tooMuch);
    if (taken < tooMuch) stream.once('drain', write);
  };
  write();
  return () => taken;
}

/** The number once it no longer grows. */
async function untilStill(read: (() => number) | undefined): Promise<number> {
  for (let before = -1, now = 0; ; before = now) {
    now = read?.() ?? 0;
    if (now === before) return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a request that is passed on', () => {
  test('keeps method, path, query, body and end-to-end headers', async (t) => {
    const { fake, gateway } = await start(t, () => ({ status: 201, headers: { 'x-a': 'b' }, body: 'made' }));
    const answer = await ask(`${gateway.url}/api/users/a%2Fb?x=%41&y`, {
      method: 'POST',
      headers: { authorization: 'Bearer a', cookie: 'c=d', 'content-type': 'text/plain', 'if-none-match': '"e"' },
      body: 'name',
    });
    assert.deepEqual([answer.status, answer.headers['x-a'], answer.body], [201, 'b', 'made']);
    const [call] = fake.requests;
    assert.deepEqual([call?.method, call?.path, call?.body], ['POST', '/users/a%2Fb?x=%41&y', 'name']);
    assert.deepEqual(
      ['authorization', 'cookie', 'content-type', 'if-none-match', 'content-length', 'host'].map(
        (name) => call?.headers[name],
      ),
      ['Bearer a', 'c=d', 'text/plain', '"e"', '4', new URL(fake.url).host],
    );
  });

  test('goes below the base path of the target', async (t) => {
    const { fake, gateway } = await start(t, () => ({}), { basePath: '/v1' });
    await ask(`${gateway.url}/api/users?a=1`);
    assert.equal(fake.requests[0]?.path, '/v1/users?a=1');
  });

  test('keeps a header that comes several times as several', async (t) => {
    const { fake, gateway } = await start(t, () => ({}));
    await ask(`${gateway.url}/api/users`, { headers: { 'x-a': ['1', '2'] } });
    const raw = fake.requests[0]?.rawHeaders ?? [];
    assert.deepEqual(
      raw.filter((_, index) => raw[index - 1] === 'x-a' && index % 2 === 1),
      ['1', '2'],
    );
  });

  test('keeps its body, and has none where it had none', async (t) => {
    const { fake, gateway } = await start(t, () => ({}));
    await ask(`${gateway.url}/api/users`, { method: 'PUT', headers: { 'transfer-encoding': 'chunked' }, body: 'abc' });
    await ask(`${gateway.url}/api/users`, { method: 'DELETE', headers: { 'content-length': 3 }, body: 'abc' });
    await ask(`${gateway.url}/api/users`, { method: 'POST' });
    await ask(`${gateway.url}/api/users`);
    assert.deepEqual(
      fake.requests.map(({ body, headers }) => [body, headers['content-length']]),
      [
        ['abc', '3'],
        ['abc', '3'],
        ['', '0'],
        ['', undefined],
      ],
    );
  });

  test('is asked to go on where the client waits for a 100', async (t) => {
    const { fake, gateway } = await start(t, ({ body }) => ({ body }));
    const call = request(`${gateway.url}/api/users`, {
      method: 'POST',
      agent: false,
      headers: { expect: '100-continue' },
    });
    call.flushHeaders();
    await once(call, 'continue');
    call.end('body');
    assert.equal(await part(await answerTo(call)), 'body');
    assert.equal(fake.requests[0]?.headers.expect, undefined);
  });

  test('uses sockets to the upstream again', async (t) => {
    const { fake, gateway } = await start(t, ({ body }) => ({ body }));
    for (let n = 0; n < 6; n += 1) await ask(`${gateway.url}/api/users`, { method: 'POST', body: String(n) });
    assert.ok(Math.max(...fake.requests.map(({ socket }) => socket)) <= 2);
  });
});

describe('an answer that is passed on', () => {
  test('keeps status, body coding and several set-cookie as they are', async (t) => {
    const body = gzipSync('{"a":1}');
    const cookies = ['a=1; Path=/users; HttpOnly', 'b=2, c'];
    const { gateway } = await start(t, () => ({
      status: 418,
      headers: { 'content-encoding': 'gzip', etag: '"e"', 'set-cookie': cookies, 'content-type': 'application/json' },
      body,
    }));
    const answer = await ask(`${gateway.url}/api/users`);
    assert.equal(answer.status, 418);
    assert.deepEqual(answer.headers['set-cookie'], cookies);
    assert.deepEqual([answer.headers['content-encoding'], answer.headers.etag], ['gzip', '"e"']);
    assert.equal(Number(answer.headers['content-length'] ?? body.length), body.length);
  });

  test('has no body for HEAD, 204 and 304, and HEAD keeps the length', async (t) => {
    const { gateway } = await start(t, ({ method, path, response }) => {
      if (method === 'HEAD') response.writeHead(200, { 'content-length': 1234 }).end();
      else response.writeHead(Number(path.slice('/users/'.length)), { etag: '"e"' }).end();
    });
    const head = await ask(`${gateway.url}/api/users`, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '1234', '']);
    for (const status of [204, 304]) {
      const answer = await ask(`${gateway.url}/api/users/${status}`);
      assert.deepEqual([answer.status, answer.headers.etag, answer.body], [status, '"e"', '']);
    }
  });

  test('comes after interim answers, which stay behind', async (t) => {
    const { gateway } = await start(t, ({ response }) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('done');
    });
    const answer = await ask(`${gateway.url}/api/users`);
    assert.deepEqual([answer.status, answer.headers['link'], answer.body], [200, undefined, 'done']);
  });

  test('leads a redirect back through the gateway', async (t) => {
    const { fake, gateway } = await start(t, ({ headers }) => ({
      status: 302,
      headers: { location: `http://${headers.host}/users/7?a=b` },
    }));
    assert.equal((await ask(`${gateway.url}/api/users`)).headers.location, '/api/users/7?a=b');
    assert.equal(fake.requests.length, 1);
  });

  test('may be longer than what a whole answer may be', async (t) => {
    const body = 'x'.repeat(300_000);
    const { gateway } = await start(t, () => ({ body }), { upstream: { maxResponseBytes: 1000 } });
    assert.equal((await ask(`${gateway.url}/api/users`)).body, body);
  });
});

describe('streaming', () => {
  test('parts go both ways before the request has ended', async (t) => {
    const { gateway } = await start(t, ({ request: incoming, response }) => void incoming.pipe(response), {
      readBody: false,
    });
    const call = request(`${gateway.url}/api/users`, { method: 'POST', agent: false });
    call.write('one');
    const parts = (await answerTo(call))[Symbol.asyncIterator]();
    assert.equal(String((await parts.next()).value), 'one');
    call.write('two');
    assert.equal(String((await parts.next()).value), 'two');
    call.end('three');
    assert.equal(String((await parts.next()).value), 'three');
    assert.equal((await parts.next()).done, true);
  });

  test('an event stream gets its headers at once and may be silent beyond bodyMs', async (t) => {
    const { fake, gateway } = await start(
      t,
      ({ response }) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
      { upstream: { timeouts: { bodyMs: 20 } } },
    );
    const response = await answerTo(request(`${gateway.url}/api/users`, { agent: false }).end());
    assert.equal(response.headers['content-type'], 'text/event-stream');
    await new Promise((resolve) => setTimeout(resolve, 60));
    fake.requests[0]?.response.write('data: 1\n\n');
    assert.equal(await part(response), 'data: 1\n\n');
    response.destroy();
  });

  test('an upload may take longer than headersMs while the client sends', async (t) => {
    const { gateway } = await start(t, ({ body }) => ({ body }), { upstream: { timeouts: { headersMs: 40 } } });
    const call = request(`${gateway.url}/api/users`, { method: 'POST', agent: false });
    for (let n = 0; n < 4; n += 1) {
      call.write('.');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    call.end();
    assert.equal(await part(await answerTo(call)), '....');
  });

  test('a client that reads nothing holds the upstream back', async (t) => {
    const source: { taken?: () => number } = {};
    const { fake, gateway } = await start(t, ({ response }) => {
      source.taken = pour(response);
    });
    const socket = connect(gateway.port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.pause();
    socket.write('GET /api/users HTTP/1.1\r\nhost: a\r\n\r\n');
    await untilCalled(fake);
    assert.ok((await untilStill(source.taken)) < tooMuch);
  });

  test('an upstream that reads nothing holds the client back', async (t) => {
    const { fake, gateway } = await start(t, () => {}, { readBody: false });
    const call = request(`${gateway.url}/api/users`, { method: 'POST', agent: false });
    call.on('error', () => {});
    t.after(() => call.destroy());
    const taken = pour(call);
    await untilCalled(fake);
    assert.ok((await untilStill(taken)) < tooMuch);
  });

  test('after an answer before the end of the request the connection serves the next one', async (t) => {
    const { gateway } = await start(t, () => ({ status: 413, body: 'no' }), { readBody: false });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const call = request(`${gateway.url}/api/users`, {
      method: 'POST',
      agent,
      headers: { 'content-length': 1_000_000 },
    });
    call.write(Buffer.alloc(500_000));
    const response = await answerTo(call);
    assert.equal(response.statusCode, 413);
    response.resume();
    call.end(Buffer.alloc(500_000));
    await once(response, 'close');
    assert.equal((await ask(`${gateway.url}/api/users`, { agent })).status, 413);
  });
});

describe('what is not passed on', () => {
  test('a method that the route does not serve is a 405 with allow', async (t) => {
    const { fake, gateway } = await start(t, () => ({}), { routes: [route({ methods: ['GET', 'HEAD'] })] });
    for (const method of ['DELETE', 'OPTIONS', 'TRACE']) {
      const answer = await ask(`${gateway.url}/api/users`, { method });
      assert.deepEqual([answer.status, answer.headers.allow], [405, 'GET, HEAD']);
      const { code, message, requestId } = errorOf(answer.body);
      assert.deepEqual([code, message], ['METHOD_NOT_ALLOWED', 'The method must be one of GET, HEAD.']);
      assert.equal(answer.headers['x-request-id'], requestId);
    }
    assert.equal(fake.requests.length, 0);
  });

  test('a path with ".." is a 400, plain or encoded', async (t) => {
    const { fake, gateway } = await start(t, () => ({}));
    for (const path of ['/api/users/../admin', '/api/users/%2e%2e/admin', '/api/users/..%2fadmin']) {
      const answer = await ask(gateway.url, { path });
      assert.deepEqual([answer.status, errorOf(answer.body).code], [400, 'BAD_REQUEST'], path);
    }
    assert.equal(fake.requests.length, 0);
  });

  test('a WebSocket is a clear 400', async (t) => {
    const { fake, gateway } = await start(t, () => ({}));
    const text = await askRaw(
      gateway.port,
      'GET /api/users HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n',
    );
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.match(text, /WebSocket connections are not passed on\./);
    assert.equal(fake.requests.length, 0);
  });

  test('a whole URL as target is served by its path', async (t) => {
    const { fake, gateway } = await start(t, () => ({ body: 'ok' }));
    const text = await askRaw(
      gateway.port,
      'GET http://shop.example/api/users/7 HTTP/1.1\r\nhost: other.example\r\nconnection: close\r\n\r\n',
    );
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.equal(fake.requests[0]?.path, '/users/7');
    assert.equal(fake.requests[0]?.headers['x-forwarded-host'], 'shop.example');
  });

  test('a request that comes back to the gateway is a 508', async (t) => {
    const fake: { gateway?: PassthroughGateway } = {};
    const relay = await startFakeUpstream(async ({ headers, path }) => {
      const answer = await ask(`${fake.gateway?.url}/api${path}`, { headers: { via: headers.via ?? '' } });
      return { status: answer.status, body: answer.body };
    });
    fake.gateway = await startPassthrough([route()], [openUpstream(relay.url)]);
    t.after(async () => Promise.all([fake.gateway?.close(), relay.close()]));
    const answer = await ask(`${fake.gateway.url}/api/users`);
    assert.deepEqual([answer.status, errorOf(answer.body).code], [508, 'LOOP_DETECTED']);
    assert.equal(relay.requests.length, 1);
  });
});

describe('an upstream that fails', () => {
  test('refusing is a 502 with code, public message and request id; the reason stays in the log', async (t) => {
    const logged: InternalErrorEvent[] = [];
    const listen = (event: unknown): void => void logged.push(event as InternalErrorEvent);
    diagnostics.subscribe('weft:error', listen);
    const gateway = await startPassthrough([route()], [openUpstream(await refusingUrl())]);
    t.after(async () => {
      diagnostics.unsubscribe('weft:error', listen);
      await gateway.close();
    });
    const answer = await ask(`${gateway.url}/api/users?token=a`, { headers: { 'x-request-id': 'req-1' } });
    assert.equal(answer.status, 502);
    assert.equal(answer.headers['x-request-id'], 'req-1');
    assert.deepEqual(JSON.parse(answer.body), {
      error: { code: 'UPSTREAM_UNREACHABLE', message: 'A service cannot be reached.', requestId: 'req-1' },
    });
    assert.equal(logged.length, 1);
    assert.equal(logged[0]?.requestId, 'req-1');
    assert.match(logged[0].error.message, /^users: GET \/api\/users: no connection \(connect ECONNREFUSED/);
  });

  test('no headers in time is a 504, and the upstream sees the call end', async (t) => {
    const { fake, gateway } = await start(t, () => {}, { upstream: { timeouts: { headersMs: 40 } } });
    const answer = await ask(`${gateway.url}/api/users`, { method: 'POST', body: 'a' });
    assert.deepEqual([answer.status, errorOf(answer.body).code], [504, 'UPSTREAM_TIMEOUT']);
    assert.equal(await fake.requests[0]?.closed, false);
  });

  test('an upstream that takes none of a large body in time is a 504', async (t) => {
    const silent = await startFakeSocketServer((socket) => socket.pause());
    const gateway = await startPassthrough([route()], [openUpstream(silent.url, { timeouts: { headersMs: 60 } })]);
    t.after(async () => Promise.all([gateway.close(), silent.close()]));
    const call = request(`${gateway.url}/api/users`, { method: 'POST', agent: false });
    call.on('error', () => {});
    call.end(Buffer.alloc(50_000_000));
    const response = await answerTo(call);
    assert.equal(response.statusCode, 504);
    response.resume();
  });

  const hundred = { 'content-length': 100 };

  test('waiting for a free socket ends in time, too', async (t) => {
    const { fake, gateway } = await start(t, ({ response }) => void response.writeHead(200, hundred).write('.'), {
      upstream: { connections: 1, timeouts: { headersMs: 60, bodyMs: 60_000 } },
    });
    const holding = await answerTo(request(`${gateway.url}/api/users/hold`, { agent: false }).end());
    const answer = await ask(`${gateway.url}/api/users/wait`);
    assert.deepEqual([answer.status, errorOf(answer.body).code], [504, 'UPSTREAM_TIMEOUT']);
    fake.requests[0]?.response.end('.'.repeat(99));
    assert.equal((await part(holding)).length > 0, true);
    const next = await answerTo(request(`${gateway.url}/api/users/next`, { agent: false }).end());
    // The one that left while it waited was never sent, and cost no socket.
    assert.deepEqual(
      fake.requests.map(({ path, socket }) => [path, socket]),
      [
        ['/users/hold', 1],
        ['/users/next', 1],
      ],
    );
    next.destroy();
  });

  test('an answer that is not HTTP is a 502', async (t) => {
    const odd = await startFakeSocketServer((socket) => socket.once('data', () => socket.end('hello\r\n')));
    const gateway = await startPassthrough([route()], [openUpstream(odd.url)]);
    t.after(async () => Promise.all([gateway.close(), odd.close()]));
    const answer = await ask(`${gateway.url}/api/users`);
    assert.deepEqual([answer.status, errorOf(answer.body).code], [502, 'UPSTREAM_BAD_RESPONSE']);
  });

  const cuts: [name: string, handler: FakeHandler][] = [
    ['with a length', (call) => cutOff(call)],
    ['chunked', ({ response }) => void response.writeHead(200).write('{"half":', () => response.destroy())],
  ];
  for (const [name, handler] of cuts) {
    test(`an answer ${name} that is cut off never ends well`, async (t) => {
      const { gateway } = await start(t, handler);
      await assert.rejects(ask(`${gateway.url}/api/users`), { code: 'ECONNRESET' });
      const text = await askRaw(gateway.port, 'GET /api/users HTTP/1.1\r\nhost: a\r\n\r\n');
      assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
    });
  }

  test('a pause beyond bodyMs within an answer cuts the client off', async (t) => {
    const { fake, gateway } = await start(t, ({ response }) => void response.writeHead(200).write('{'), {
      upstream: { timeouts: { bodyMs: 40 } },
    });
    await assert.rejects(ask(`${gateway.url}/api/users`), { code: 'ECONNRESET' });
    assert.equal(await fake.requests[0]?.closed, false);
  });

  test('HEAD gets the status without a body', async (t) => {
    const gateway = await startPassthrough([route()], [openUpstream(await refusingUrl())]);
    t.after(async () => gateway.close());
    const answer = await ask(`${gateway.url}/api/users`, { method: 'HEAD' });
    assert.deepEqual([answer.status, answer.body], [502, '']);
  });

  test('the next request works', async (t) => {
    let calls = 0;
    const { gateway } = await start(t, (call) => {
      calls += 1;
      if (calls === 1) return cutOff(call);
      return { body: 'ok' };
    });
    await assert.rejects(ask(`${gateway.url}/api/users`));
    assert.equal((await ask(`${gateway.url}/api/users`)).body, 'ok');
  });
});

describe('a client that leaves', () => {
  test('ends the upstream call: before the answer, within it, and within its own body', async (t) => {
    const { fake, gateway } = await start(
      t,
      ({ path, response }) => {
        if (path === '/users/begun') response.writeHead(200).write('{');
      },
      { readBody: false },
    );
    const leave = async (path: string, ready: (call: ClientRequest) => Promise<unknown>): Promise<void> => {
      const before = fake.requests.length;
      const call = request(`${gateway.url}/api/users${path}`, {
        agent: false,
        method: path === '/upload' ? 'POST' : 'GET',
      });
      call.on('error', () => {});
      if (path === '/upload') call.write('part');
      else call.end();
      await untilCalled(fake, before + 1);
      await ready(call);
      call.destroy();
      assert.equal(await fake.requests[before]?.closed, false, path);
    };
    await leave('/silent', async () => {});
    await leave('/begun', async (call) => answerTo(call));
    await leave('/upload', async () => {});
  });
});

describe('what listeners are told', () => {
  test('a passed-on call is told when its body has ended', async (t) => {
    const told: CallEvent[] = [];
    const listen = (event: unknown): void => void told.push(event as CallEvent);
    diagnostics.subscribe('weft:upstream.end', listen);
    t.after(() => diagnostics.unsubscribe('weft:upstream.end', listen));
    const { gateway } = await start(t, () => ({ status: 404, body: 'none' }));
    await ask(`${gateway.url}/api/users/7?email=a`, { headers: { 'x-request-id': 'req-1' } });
    assert.equal(told.length, 1);
    const { call, requestId } = told[0] as CallEvent;
    const { upstream, method, template, status } = call;
    assert.deepEqual([upstream, method, template, status, requestId], ['users', 'GET', '/api/users', 404, 'req-1']);
  });
});

test('a route to an upstream that is not there is refused at start', async () => {
  await assert.rejects(startPassthrough([route({ upstream: 'nobody' })], []), {
    code: 'CONFIGURATION_INVALID',
    message: 'route "/api/users": there is no upstream "nobody"',
  });
});

test('an error after an answer has begun ends the connection', async (t) => {
  const server = createServer((_, res) => {
    res.writeHead(200).write('half', () => {
      writeError(res, new GatewayError('INTERNAL_ERROR', 'late'), { requestId: 'req-1' });
    });
  });
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await assert.rejects(ask(`http://127.0.0.1:${port}`), { code: 'ECONNRESET' });
});

test('an answer that cannot be written lets go of the upstream', async (t) => {
  const fake = await startFakeUpstream(({ response }) => void response.writeHead(200).write('.'));
  const upstream = openUpstream(fake.url);
  const passthrough = createPassthrough([route()], new Map([['users', upstream]]));
  const server = createServer((req, res) => {
    const match = passthrough.match('GET', '/api/users') as RouteMatch;
    const { signal } = new AbortController();
    res.writeHead(200).write('begun');
    void passthrough.forward(req, res, match, createRequestScope({ headers: {}, signal, responseHeaderRules: {} }));
  });
  t.after(async () => {
    server.close();
    await Promise.all([upstream.destroy(), fake.close()]);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await assert.rejects(ask(`http://127.0.0.1:${port}`), { code: 'ECONNRESET' });
  assert.equal(await fake.requests[0]?.closed, false);
});
