import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startCachedRoutes } from '../support/cached-routes.ts';
import { cutOff } from '../support/fake-upstream.ts';
import { ask, askRaw } from '../support/passthrough-gateway.ts';

const told = { headers: { 'weft-cache': 'true' } };
const fresh = { 'cache-control': 'max-age=60' };

/** Something that happens once, for tests to wait on. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('requests for one answer at the same time', () => {
  test('make one call where the answer may be kept', async (t) => {
    const going = gate();
    const { url, fake, comings } = await startCachedRoutes(t, async () => {
      await going.opened;
      return { headers: fresh, body: 'once' };
    });
    const asking = Array.from({ length: 50 }, async () => ask(`${url}/api/users/1`));
    await until(() => comings() === 50);
    going.open();
    const answers = await Promise.all(asking);
    assert.deepEqual(new Set(answers.map(({ body }) => body)), new Set(['once']));
    assert.equal(fake.requests.length, 1);
  });

  test('make their own calls where it may not, and do not wait for each other again', async (t) => {
    const all = gate();
    const { url, fake } = await startCachedRoutes(t, async () => {
      const count = fake.requests.length;
      if (count === 11) all.open();
      if (count > 1) await all.opened;
      return { headers: { 'cache-control': 'no-store' }, body: String(count) };
    });
    await ask(`${url}/api/users/1`);
    const answers = await Promise.all(Array.from({ length: 10 }, async () => ask(`${url}/api/users/1`)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(fake.requests.length, 11);
  });

  test('are told of one failure, not of as many as they are', async (t) => {
    const going = gate();
    const { url, fake, comings } = await startCachedRoutes(t, async ({ response }) => {
      await going.opened;
      response.destroy();
    });
    const asking = Array.from({ length: 10 }, async () => ask(`${url}/api/users/1`));
    await until(() => comings() === 10 && fake.requests.length > 0);
    going.open();
    const answers = await Promise.all(asking);
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([502]));
    assert.equal(fake.requests.length, 1);
  });

  test('do not hear the first of them leave', async (t) => {
    const going = gate();
    const { url, fake, comings, goings } = await startCachedRoutes(t, async () => {
      await going.opened;
      return { headers: fresh, body: 'once' };
    });
    const first = request(`${url}/api/users/1`, { agent: false }).on('error', () => {});
    first.end();
    await until(() => fake.requests.length > 0);
    const second = ask(`${url}/api/users/1`);
    await until(() => comings() === 2);
    first.destroy();
    await until(() => goings() === 1);
    going.open();
    assert.equal((await second).body, 'once');
    assert.equal(fake.requests.length, 1);
  });

  test('end the call where all of them leave', async (t) => {
    const { url, fake, comings } = await startCachedRoutes(t, async () => new Promise(() => {}));
    const asking = [1, 2].map(() => request(`${url}/api/users/1`, { agent: false }).on('error', () => {}));
    for (const one of asking) one.end();
    await until(() => comings() === 2 && fake.requests.length > 0);
    for (const one of asking) one.destroy();
    assert.equal(await fake.requests[0]?.closed, false);
    assert.equal(fake.requests.length, 1);
  });

  test('do not wait for a client that reads slowly', async (t) => {
    // More than the system takes for a client that does not read.
    const body = 'x'.repeat(20_000_000);
    const options = { maxEntryBytes: 30_000_000 };
    const { url, fake } = await startCachedRoutes(t, () => ({ headers: fresh, body }), options);
    const slow = request(`${url}/api/users/1`, { agent: false });
    slow.end();
    const [response] = (await once(slow, 'response')) as [IncomingMessage];
    response.pause();
    assert.equal((await ask(`${url}/api/users/1`)).body.length, body.length);
    assert.equal(fake.requests.length, 1);
    slow.destroy();
  });

  test('that came after a change do not get what was asked for before it', async (t) => {
    const going = gate();
    const { url, fake, store } = await startCachedRoutes(t, async ({ method }) => {
      if (method === 'POST') return { body: 'changed' };
      const count = fake.requests.length;
      if (count === 1) await going.opened;
      return { headers: fresh, body: count === 1 ? 'old' : 'new' };
    });
    const first = ask(`${url}/api/users/1`);
    await until(() => fake.requests.length > 0);
    await ask(`${url}/api/users/1`, { method: 'POST' });
    const second = await ask(`${url}/api/users/1`);
    assert.equal(second.body, 'new');
    going.open();
    assert.equal((await first).body, 'old');
    assert.equal((await ask(`${url}/api/users/1`)).body, 'new');
    assert.equal(store.entries.size, 1);
  });
});

describe('an answer past its time', () => {
  test('is served while one call in the background fetches a new one', async (t) => {
    const going = gate();
    const { url, fake, pass } = await startCachedRoutes(t, async () => {
      const count = fake.requests.length;
      if (count > 1) await going.opened;
      return { headers: { 'cache-control': 'max-age=5, stale-while-revalidate=60' }, body: `answer ${count}` };
    });
    await ask(`${url}/api/users/1`);
    pass(6);
    const answers = await Promise.all(Array.from({ length: 10 }, async () => ask(`${url}/api/users/1`, told)));
    assert.deepEqual(
      new Set(answers.map(({ body, headers }) => `${body} ${String(headers['x-cache'])}`)),
      new Set(['answer 1 stale']),
    );
    await until(() => fake.requests.length > 1);
    going.open();
    while ((await ask(`${url}/api/users/1`)).body !== 'answer 2');
    assert.equal(fake.requests.length, 2);
  });

  test('is asked for by GET in the background, also for a HEAD', async (t) => {
    const { url, fake, pass } = await startCachedRoutes(t, () => ({
      headers: { 'cache-control': 'max-age=5, stale-while-revalidate=60' },
      body: `answer ${fake.requests.length}`,
    }));
    await ask(`${url}/api/users/1`);
    pass(6);
    await ask(`${url}/api/users/1`, { method: 'HEAD' });
    while ((await ask(`${url}/api/users/1`)).body !== 'answer 2');
    assert.deepEqual(
      fake.requests.map(({ method }) => method),
      ['GET', 'GET'],
    );
  });

  test('stands in for a background call that fails', async (t) => {
    const { url, fake, pass } = await startCachedRoutes(t, ({ response }) => {
      if (fake.requests.length > 1) {
        response.destroy();
        return undefined;
      }
      return { headers: { 'cache-control': 'max-age=5, stale-while-revalidate=60' }, body: 'kept' };
    });
    await ask(`${url}/api/users/1`);
    pass(6);
    await ask(`${url}/api/users/1`);
    await until(() => fake.requests.length > 1);
    assert.equal((await ask(`${url}/api/users/1`)).body, 'kept');
  });

  test('stands in where the upstream is too slow, cuts off, or is not there', async (t) => {
    const options = { config: { staleIfErrorMs: 60_000 }, upstream: { timeouts: { headersMs: 40 } } };
    const { url, fake, pass } = await startCachedRoutes(
      t,
      ({ response }) => {
        const count = fake.requests.length;
        if (count === 1) return { headers: { 'cache-control': 'max-age=5' }, body: 'kept' };
        if (count > 2) response.destroy();
        return undefined;
      },
      options,
    );
    await ask(`${url}/api/users/1`);
    pass(6);
    const slow = await ask(`${url}/api/users/1`, told);
    const cut = await ask(`${url}/api/users/1`, told);
    await fake.close();
    const gone = await ask(`${url}/api/users/1`, told);
    for (const answer of [slow, cut, gone]) {
      assert.deepEqual([answer.status, answer.body, answer.headers['x-cache']], [200, 'kept', 'stale']);
    }
    const others = await Promise.all(Array.from({ length: 10 }, async () => ask(`${url}/api/users/1`, told)));
    assert.equal(
      others.every(({ body }) => body === 'kept'),
      true,
    );
  });
});

describe('bodies', () => {
  test('that are cut off are cut off here too, and never kept', async (t) => {
    const { url, fake, store } = await startCachedRoutes(t, (call) => {
      if (fake.requests.length > 1) return { headers: fresh, body: 'whole' };
      call.response.setHeader('cache-control', 'max-age=60');
      cutOff(call);
      return undefined;
    });
    await assert.rejects(ask(`${url}/api/users/1`));
    assert.equal(store.entries.size, 0);
    assert.equal((await ask(`${url}/api/users/1`)).body, 'whole');
  });

  for (const [kind, headers] of [
    ['announced', { 'content-length': 3000 }],
    ['not announced', {}],
  ] as const) {
    test(`that are too large pass whole and are not kept, their length ${kind}`, async (t) => {
      const body = 'x'.repeat(3000);
      const { url, fake, store } = await startCachedRoutes(
        t,
        ({ response }) => {
          response.writeHead(200, { ...fresh, ...headers });
          response.write(body.slice(0, 1500));
          setTimeout(() => response.end(body.slice(1500)), 10);
        },
        { maxEntryBytes: 2000 },
      );
      const answers = await Promise.all([1, 2].map(async () => ask(`${url}/api/users/1`)));
      assert.deepEqual(
        answers.map((answer) => answer.body),
        [body, body],
      );
      assert.equal(store.entries.size, 0);
      assert.equal(fake.requests.length, 2);
    });
  }

  test('that are too large are read as slowly as the client reads', async (t) => {
    const enough = 100_000_000;
    let sent = 0;
    const { url } = await startCachedRoutes(
      t,
      ({ response }) => {
        response.writeHead(200, fresh);
        const block = Buffer.alloc(64 * 1024);
        const write = (): void => {
          do sent += block.length;
          while (response.write(block) && sent < enough);
          if (sent < enough) response.once('drain', write);
        };
        write();
      },
      { maxEntryBytes: 2000 },
    );
    const slow = request(`${url}/api/users/1`, { agent: false });
    slow.end();
    const [response] = (await once(slow, 'response')) as [IncomingMessage];
    response.pause();
    for (let before = -1; before !== sent;) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(sent < enough);
    slow.destroy();
  });

  test('are kept although their client was told at once that it has them', async (t) => {
    const going = gate();
    const { url, fake, goings, store } = await startCachedRoutes(t, async ({ response }) => {
      response.writeHead(200, { ...fresh, etag: '"a"' });
      response.write('first');
      await going.opened;
      response.end(' last');
    });
    const answer = await ask(`${url}/api/users/1`, { headers: { 'if-none-match': '"a"' } });
    assert.equal(answer.status, 304);
    await until(() => goings() === 1);
    going.open();
    await until(() => store.entries.size === 1);
    assert.equal((await ask(`${url}/api/users/1`)).body, 'first last');
    assert.equal(fake.requests.length, 1);
  });

  test('go to the first client as they come', async (t) => {
    const going = gate();
    const { url } = await startCachedRoutes(t, async ({ response }) => {
      response.writeHead(200, fresh);
      response.write('first');
      await going.opened;
      response.end(' last');
    });
    const asking = request(`${url}/api/users/1`, { agent: false });
    asking.end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const [part] = (await once(response, 'data')) as [Buffer];
    assert.equal(part.toString(), 'first');
    going.open();
    await once(response, 'end');
    assert.equal((await ask(`${url}/api/users/1`)).body, 'first last');
  });

  test('are kept in the coding in which they came', async (t) => {
    const body = gzipSync('text');
    const { url, fake } = await startCachedRoutes(t, () => ({
      headers: { ...fresh, 'content-encoding': 'gzip', vary: 'accept-encoding' },
      body,
    }));
    for (let times = 0; times < 2; times += 1) {
      const asking = request(`${url}/api/users/1`, { agent: false, headers: { 'accept-encoding': 'gzip' } });
      asking.end();
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      const parts = await response.toArray();
      assert.equal(response.headers['content-encoding'], 'gzip');
      assert.deepEqual(Buffer.concat(parts), body);
    }
    assert.equal(fake.requests.length, 1);
  });

  test('an event stream is passed on and never kept', async (t) => {
    const { url, fake } = await startCachedRoutes(t, () => ({
      headers: { ...fresh, 'content-type': 'text/event-stream' },
      body: 'data: 1\n\n',
    }));
    await ask(`${url}/api/users/1`);
    await ask(`${url}/api/users/1`);
    assert.equal(fake.requests.length, 2);
  });
});

describe('what one caller is answered', () => {
  test("is no other's where a header rule tells the upstream who asks", async (t) => {
    const { url, fake } = await startCachedRoutes(
      t,
      ({ headers }) => ({ headers: fresh, body: `for ${String(headers['x-user'])}` }),
      {
        upstream: { headers: { 'x-user': { from: 'caller', fact: 'id' } } },
      },
    );
    for (const name of ['alice', 'bob', 'alice']) {
      const answer = await ask(`${url}/api/users/1`, { headers: { 'x-caller': name } });
      assert.equal(answer.body, `for subject:${name}`);
    }
    assert.equal(fake.requests.length, 2);
  });

  test("is no other's where a header rule passes something of the client on by another name", async (t) => {
    const { url, fake } = await startCachedRoutes(
      t,
      ({ headers }) => ({ headers: fresh, body: `for ${String(headers['x-token'])}` }),
      {
        upstream: {
          headers: {
            'x-token': { from: 'client', header: 'authorization' },
            authorization: { from: 'value', value: 'Bearer gateway' },
          },
        },
      },
    );
    for (const name of ['a', 'b', 'a']) {
      const answer = await ask(`${url}/api/users/1`, { headers: { authorization: name } });
      assert.equal(answer.body, `for ${name}`);
    }
    assert.equal(fake.requests.length, 2);
  });

  test('is not chosen by the first of two lines where the upstream may look at the second', async (t) => {
    const { url, fake } = await startCachedRoutes(t, () => ({
      headers: { ...fresh, vary: 'user-agent' },
      body: `answer ${fake.requests.length}`,
    }));
    const port = Number(new URL(url).port);
    const head = 'GET /api/users/1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\nuser-agent: a\r\n';
    await askRaw(port, `${head}user-agent: b\r\n\r\n`);
    assert.match(await askRaw(port, `${head}\r\n`), /answer 2/);
  });

  test('is found neither by credentials nor by paths in the keys of the store', async (t) => {
    const { url, store } = await startCachedRoutes(t, () => ({ headers: { 'cache-control': 'private, max-age=60' } }), {
      config: { key: { query: undefined, headers: [], caller: true } },
    });
    await ask(`${url}/api/users/1`, { headers: { 'x-caller': 'alice', authorization: 'Bearer secret' } });
    assert.equal(store.entries.size, 1);
    assert.doesNotMatch([...store.entries].map(([key, { tags }]) => key + tags.join()).join(), /alice|secret|users\/1/);
  });
});

describe('tags', () => {
  const headers = { ...fresh, 'cache-tag': 'red, blue', 'surrogate-key': 'green white' };

  for (const tag of ['route:/api/users', 'red', 'blue', 'green', 'white']) {
    test(`what is kept is ended by ${tag}`, async (t) => {
      const { url, fake, store } = await startCachedRoutes(t, () => ({ headers }));
      await ask(`${url}/api/users/1`);
      await ask(`${url}/api/users/1`);
      assert.equal(fake.requests.length, 1);
      await store.invalidate([tag]);
      await ask(`${url}/api/users/1`);
      assert.equal(fake.requests.length, 2);
    });
  }

  test('an answer with a tag that is too long is not kept', async (t) => {
    const { url, fake } = await startCachedRoutes(t, () => ({ headers: { ...fresh, 'cache-tag': 'x'.repeat(257) } }));
    await ask(`${url}/api/users/1`);
    await ask(`${url}/api/users/1`);
    assert.equal(fake.requests.length, 2);
  });
});

test('4.4 a location below the base path of a target is found', async (t) => {
  const { url, fake } = await startCachedRoutes(
    t,
    ({ method }) =>
      method === 'POST' ? { status: 201, headers: { location: `${fake.url}/v1/users/1` } } : { headers: fresh },
    { basePath: '/v1' },
  );
  await ask(`${url}/api/users/1`);
  await ask(`${url}/api/users`, { method: 'POST' });
  await ask(`${url}/api/users/1`);
  assert.equal(fake.requests.length, 3);
});

test('a kept answer goes out with the fields of the gateway', async (t) => {
  const { url, fake } = await startCachedRoutes(t, () => ({
    headers: { ...fresh, location: `${fake.url}/users/2` },
    status: 301,
  }));
  const answers = [
    await ask(`${url}/api/users/1`),
    await ask(`${url}/api/users/1`, { headers: { 'x-request-id': 'mine' } }),
  ];
  assert.deepEqual(
    answers.map(({ headers }) => headers.location),
    ['/api/users/2', '/api/users/2'],
  );
  assert.deepEqual(
    answers.map(({ headers }) => headers.via),
    ['1.1 weft', '1.1 weft'],
  );
  assert.equal(answers[1]?.headers['x-request-id'], 'mine');
  assert.equal(answers[1]?.headers['x-cache'], undefined);
  assert.equal(fake.requests.length, 1);
});

describe('RFC 9111, 5.2.1.7 only-if-cached', () => {
  const wishes = { 'cache-control': 'only-if-cached', 'weft-cache': 'true' };

  test('where nothing is kept the answer is an error that says so, without a call', async (t) => {
    const { url, fake } = await startCachedRoutes(t, () => ({ headers: fresh }));
    const { status, headers, body } = await ask(`${url}/api/users/1`, { headers: wishes });
    const requestId = headers['x-request-id'];
    assert.deepEqual(JSON.parse(body), {
      error: {
        code: 'NOT_KEPT',
        message: 'Nothing that is kept answers the request, and it asks for nothing else.',
        requestId,
      },
    });
    assert.match(String(requestId), /./);
    assert.deepEqual(
      [status, headers['content-type'], headers['cache-control'], headers['x-cache'], fake.requests.length],
      [504, 'application/json; charset=utf-8', 'no-store', 'miss', 0],
    );
  });

  test('HEAD has no body', async (t) => {
    const { url } = await startCachedRoutes(t, () => ({ headers: fresh }));
    const { status, headers, body } = await ask(`${url}/api/users/1`, { method: 'HEAD', headers: wishes });
    assert.deepEqual([status, body, headers['content-type']], [504, '', 'application/json; charset=utf-8']);
  });
});
