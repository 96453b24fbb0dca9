import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { buildSchema } from 'graphql';
import { startHttpServer } from '../../src/server/http-server.ts';
import type { Lanes } from '../../src/server/lanes.ts';
import { serveSchema, type ServedSchema } from '../support/serve-schema.ts';

const schema = buildSchema('type Query { a: Int }');

async function ask(url: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? '' : JSON.parse(text) };
}

/** A route that answers when it is told to; `entered` resolves when a request is in it. */
function createGate() {
  const entered = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const routes: Lanes['routes'] = (_req, res, path) => {
    if (!path.startsWith('/gate')) return false;
    if (path === '/gate/begun') res.write('begun ');
    entered.resolve();
    void opened.promise.then(() => res.end('through'));
    return true;
  };
  return { routes, entered: entered.promise, open: opened.resolve };
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

async function connected(server: ServedSchema): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

describe('health', () => {
  test('/health/live is 200 as long as the process answers', async () => {
    await using server = await serveSchema(schema);
    const { status, body, headers } = await ask(`${server.url}/health/live`);
    assert.deepEqual([status, body], [200, { status: 'live' }]);
    assert.equal(headers.get('cache-control'), 'no-store');
  });

  test('/health/ready is 200 with the state of each upstream, though one be down', async () => {
    const readiness = () => ({ ready: true, upstreams: { users: 'up', orders: 'down' } });
    await using server = await serveSchema(schema, { lanes: { readiness } });
    const { status, body } = await ask(`${server.url}/health/ready`);
    assert.deepEqual([status, body], [200, { status: 'ready', upstreams: { users: 'up', orders: 'down' } }]);
  });

  test('/health/ready is 503 while starting', async () => {
    const readiness = () => ({ ready: false, upstreams: {} });
    await using server = await serveSchema(schema, { lanes: { readiness } });
    const { status, body } = await ask(`${server.url}/health/ready`);
    assert.deepEqual([status, body], [503, { status: 'starting', upstreams: {} }]);
  });

  test('answers HEAD without a body and refuses POST with 405', async () => {
    await using server = await serveSchema(schema);
    const head = await ask(`${server.url}/health/live`, { method: 'HEAD' });
    assert.deepEqual([head.status, head.body], [200, '']);
    const post = await ask(`${server.url}/health/ready`, { method: 'POST', body: 'x' });
    assert.equal(post.status, 405);
    assert.equal(post.headers.get('allow'), 'GET, HEAD');
  });
});

describe('lanes', () => {
  test('an unknown path is 404 as JSON that names the GraphQL endpoint and the request id', async () => {
    await using server = await serveSchema(schema, { config: { path: '/api/graphql' } });
    const { status, body, headers } = await ask(`${server.url}/nothing?token=secret`);
    assert.equal(status, 404);
    const message = 'Nothing is served at /nothing. GraphQL is at /api/graphql.';
    assert.deepEqual(body, { error: { code: 'NOT_FOUND', message, requestId: headers.get('x-request-id') } });
  });

  test('REST routes come after GraphQL and get the path as it was sent, without the query', async () => {
    const paths: string[] = [];
    const routes: Lanes['routes'] = (_req, res, path) => {
      paths.push(path);
      if (!path.startsWith('/api/')) return false;
      res.end('{}');
      return true;
    };
    await using server = await serveSchema(schema, { lanes: { routes } });
    await ask(`${server.url}/api/a%2Fb?x=1`);
    const { body } = await ask(`${server.url}/graphql?query={a}`);
    assert.deepEqual(paths, ['/api/a%2Fb']);
    assert.deepEqual(body, { data: { a: null } });
  });

  test('a path that only begins like the GraphQL path is not served by it, one with a slash at its end is', async () => {
    await using server = await serveSchema(schema);
    assert.equal((await ask(`${server.url}/graphqlx?query={a}`)).status, 404);
    assert.equal((await ask(`${server.url}/graphql/x?query={a}`)).status, 404);
    assert.equal((await ask(`${server.url}/graphql/?query={a}`)).status, 200);
    assert.notEqual((await ask(`${server.url}/graphql?query={a}&operationName=/health`)).body, '');
  });

  test('a request sent to the gateway as a proxy is served by its path', async () => {
    await using server = await serveSchema(schema);
    const socket = await connected(server);
    socket.end(`GET http://gateway.test/health/live HTTP/1.1\r\nhost: gateway.test\r\nconnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, /^HTTP\/1\.1 200 /);
  });

  test('a lane that throws or rejects is answered 500 without its message', async () => {
    const failing: Partial<Lanes>[] = [
      { graphql: () => Promise.reject(new Error('password is hunter2')) },
      {
        routes: () => {
          throw new Error('password is hunter2');
        },
      },
    ];
    for (const [index, lanes] of failing.entries()) {
      await using server = await serveSchema(schema, { lanes });
      const { status, body, headers } = await ask(`${server.url}${index === 0 ? '/graphql' : '/api'}`);
      assert.equal(status, 500);
      const requestId = headers.get('x-request-id');
      assert.deepEqual(body, { error: { code: 'INTERNAL_ERROR', message: 'The gateway failed.', requestId } });
    }
  });

  test('are asked for with each request, so that a reload swaps them', async () => {
    const lanesOf = (name: string): Lanes => ({
      graphqlPath: '/graphql',
      graphql: (_req, res) => {
        res.end(JSON.stringify(name));
        return Promise.resolve();
      },
      readiness: () => ({ ready: true, upstreams: {} }),
    });
    let lanes = lanesOf('old');
    const server = await startHttpServer({ host: '127.0.0.1', port: 0, lanes: () => lanes, drainMs: 1000 });
    assert.equal((await ask(`${server.url}/graphql`)).body, 'old');
    lanes = lanesOf('new');
    assert.equal((await ask(`${server.url}/graphql`)).body, 'new');
    await server.close();
  });
});

describe('what is no HTTP request', () => {
  const cases: readonly [what: string, text: string, status: number][] = [
    ['is answered 400', 'HELLO THERE\r\n\r\n', 400],
    ['is answered 400 where it has no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    [
      'is answered 431 where its headers are too large',
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
  ];
  for (const [what, text, status] of cases) {
    test(what, async () => {
      await using server = await serveSchema(schema);
      const socket = await connected(server);
      socket.write(text);
      let answer = '';
      for await (const chunk of socket) answer += String(chunk);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(answer, /connection: close/i);
    });
  }
});

describe('a start that cannot be', () => {
  const lanes = (): Lanes => assert.fail('nothing is served');

  test('on a port in use says so in one line', async () => {
    await using server = await serveSchema(schema);
    const { port } = server;
    await assert.rejects(startHttpServer({ host: '127.0.0.1', port, lanes, drainMs: 0 }), {
      code: 'START_FAILED',
      message: `port ${port} on 127.0.0.1 is in use: set PORT or stop the other process`,
    });
  });

  test('on an address of another machine says so in one line', async () => {
    await assert.rejects(startHttpServer({ host: '192.0.2.1', port: 0, lanes, drainMs: 0 }), {
      code: 'START_FAILED',
      message: '192.0.2.1 is not an address of this machine: listen on one that is (--host), or on 0.0.0.0 for all',
    });
  });

  test('on a port that is none says so in one line', async () => {
    await assert.rejects(startHttpServer({ host: '127.0.0.1', port: 70_000, lanes, drainMs: 0 }), {
      code: 'START_FAILED',
      message: 'expected a port from 0 to 65535, but got 70000: set PORT',
    });
  });
});

describe('shutdown', () => {
  test('lets a running request finish, on a connection that then closes', async () => {
    const gate = createGate();
    await using server = await serveSchema(schema, { lanes: { routes: gate.routes }, drainMs: 60_000 });
    const agent = new Agent({ keepAlive: true });
    const req = request(`${server.url}/gate`, { agent }).end();
    await gate.entered;
    const closed = server.close();
    gate.open();
    const [response] = (await once(req, 'response')) as [IncomingMessage];
    assert.equal(response.headers.connection, 'close');
    assert.equal(await readAll(response), 'through');
    await closed;
    agent.destroy();
  });

  test('does not wait for the connection of an answer that had begun with a promise to keep it', async () => {
    const gate = createGate();
    await using server = await serveSchema(schema, { lanes: { routes: gate.routes }, drainMs: 60_000 });
    const agent = new Agent({ keepAlive: true });
    const req = request(`${server.url}/gate/begun`, { agent }).end();
    const [response] = (await once(req, 'response')) as [IncomingMessage];
    const closed = server.close();
    gate.open();
    assert.equal(await readAll(response), 'begun through');
    await closed;
    agent.destroy();
  });

  test('accepts no new connection and is not ready on an old one', async () => {
    const gate = createGate();
    await using server = await serveSchema(schema, { lanes: { routes: gate.routes }, drainMs: 60_000 });
    const socket = await connected(server);
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
    socket.write(get('/gate'));
    await gate.entered;
    const closed = server.close();
    await assert.rejects(fetch(`${server.url}/health/live`));
    socket.write(get('/health/ready'));
    gate.open();
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    // The gate's own answer says that it is the last, so the second request is not read.
    assert.match(text, /connection: close[\s\S]*through/i);
    await closed;
  });

  test('closes idle connections, and those that have sent nothing, at once', async () => {
    await using server = await serveSchema(schema, { drainMs: 60_000 });
    const silent = await connected(server);
    const idle = await connected(server);
    idle.write('GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n');
    await once(idle, 'data');
    const ends = [silent, idle].map((socket) => once(socket.resume(), 'close'));
    await server.close();
    await Promise.all(ends);
  });

  test('cuts what still runs after the drain time', async () => {
    const gate = createGate();
    await using server = await serveSchema(schema, { lanes: { routes: gate.routes }, drainMs: 20 });
    const asked = fetch(`${server.url}/gate`);
    await gate.entered;
    await Promise.all([server.close(), assert.rejects(asked)]);
  });

  test('asked for twice is done once', async () => {
    const server = await serveSchema(schema);
    assert.equal(server.close(), server.close());
    await server.close();
  });
});

describe('a signal', () => {
  /** A process that listens to signals and, told "finish" on its input, ends its shutdown. */
  const program = `
    import { onSignals } from ${JSON.stringify(new URL('../../src/server/shutdown.ts', import.meta.url).href)};
    const input = new Promise(resolve => process.stdin.once('data', text => resolve(String(text))));
    onSignals({
      onStop: signal => console.log(signal),
      shutdown: async () => { if (await input === 'fail') throw new Error('no'); },
    });
    console.log('started');
  `;
  async function start() {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, 'started\n');
    return { child, lines, exited: once(child, 'exit') };
  }

  test('SIGTERM ends the process with 0 after the shutdown', async () => {
    const { child, lines, exited } = await start();
    child.kill('SIGTERM');
    assert.equal((await lines.next()).value, 'SIGTERM\n');
    child.stdin.write('finish');
    assert.deepEqual(await exited, [0, null]);
  });

  test('ends the process with 1 where the shutdown fails', async () => {
    const { child, lines, exited } = await start();
    child.kill('SIGTERM');
    await lines.next();
    child.stdin.write('fail');
    assert.deepEqual(await exited, [1, null]);
  });

  test('SIGINT a second time ends it at once with 130', async () => {
    const { child, lines, exited } = await start();
    child.kill('SIGTERM');
    await lines.next();
    child.kill('SIGINT');
    assert.deepEqual(await exited, [130, null]);
  });

  test('a second SIGTERM, as process managers send to a launcher and its child, lets what runs finish', async () => {
    const { child, lines, exited } = await start();
    child.kill('SIGTERM');
    await lines.next();
    child.kill('SIGTERM');
    child.stdin.write('finish');
    assert.deepEqual(await exited, [0, null]);
  });
});
