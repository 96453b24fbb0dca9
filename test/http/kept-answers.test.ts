import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import {
  brotliCompressSync,
  brotliDecompressSync,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { buildSchema, type ExecutionResult } from 'graphql';
import { GatewayError } from '../../src/errors.ts';
import type { KeptAnswer } from '../../src/lib/kept-answer.ts';
import type { Result } from '../../src/server/graphql-answer.ts';
import type { GraphqlContext, GraphqlHandlerOptions } from '../../src/server/graphql-server.ts';
import { serveSchema, type ServedSchema, type ServeSchemaOptions } from '../support/serve-schema.ts';

const schema = buildSchema('type Query { name: String }');
const query = '{ name }';

/** Spaces that `JSON.stringify` would not write: the text goes out as it is kept, or is made anew. */
const keptText = (name: string): string => `{ "data": { "name": "${name}" } }`;
const small = keptText('Ada');
const large = keptText('Ada '.repeat(400));
/** Characters of two, three and four bytes. */
const worldly = keptText('Zoë 名 🙂 '.repeat(200));

const coders = { br: brotliCompressSync, gzip: gzipSync, zstd: zstdCompressSync };
const decoders: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
};

function keep(text: string, changes: Partial<KeptAnswer> = {}): KeptAnswer {
  return {
    body: Buffer.from(text),
    etag: () => '"t1"',
    encoded: (coding) => coders[coding](text),
    headers: { 'cache-control': 'public, max-age=60', age: '7' },
    outcome: 'hit',
    ...changes,
  };
}

/** As short coded forms are held: text with a byte in each character. */
const asText: KeptAnswer['encoded'] = (coding) => coders[coding](worldly).toString('latin1');

type Engine = (context: GraphqlContext) => Result;

function keptResult(text: string, changes: Partial<KeptAnswer> = {}): Result {
  return { ...(JSON.parse(text) as Result), kept: keep(text, changes) };
}

/** Past Yoga, as operations go that are known, and through it. */
const ways: Readonly<Record<string, (engine: Engine) => Partial<GraphqlHandlerOptions>>> = {
  'of a known operation': (engine) => ({
    runPrepared: async (_request, context) => engine(context) as ExecutionResult,
  }),
  'of a new operation': (engine) => ({
    execute: async ({ contextValue }) => engine(contextValue as GraphqlContext) as ExecutionResult,
  }),
};
const [[, known]] = Object.entries(ways) as [[string, (engine: Engine) => Partial<GraphqlHandlerOptions>]];

interface Config {
  readonly maxBatch?: number;
  readonly showsCache?: boolean;
}

function serve(handler: Partial<GraphqlHandlerOptions>, options: Config & ServeSchemaOptions = {}) {
  const { maxBatch = 0, showsCache = false, ...rest } = options;
  const config = { path: '/graphql', maxBodyBytes: 65_536, maxBatch, showsCache };
  return serveSchema(schema, { handler: { config, ...handler }, ...rest });
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Lower-case names of all header lines. */
  readonly names: readonly string[];
  /** As it came, coded or not. */
  readonly bytes: Buffer;
  readonly text: string;
}

interface Ask {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Whether the end of a body is still to come when the answer does. Default false. */
  readonly withholdsEnd?: boolean;
}

/** Sends as it is told, and decodes nothing on its own. */
async function ask({ endpoint }: ServedSchema, asked: Ask = {}) {
  const { method = 'GET', headers = {}, body = { query }, withholdsEnd = false } = asked;
  const isGet = method === 'GET';
  const url = isGet ? `${endpoint}?query=${encodeURIComponent(query)}` : endpoint;
  const sent = request(url, {
    method,
    headers: { ...(isGet ? {} : { 'content-type': 'application/json' }), ...headers },
  });
  if (withholdsEnd) sent.write(' ');
  else sent.end(isGet ? undefined : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const bytes = Buffer.concat(await response.toArray());
  if (withholdsEnd) sent.destroy();
  const decode = decoders[response.headers['content-encoding'] ?? ''];
  const answer: Answer = {
    status: response.statusCode ?? 0,
    headers: response.headers,
    names: response.rawHeaders.filter((_text, index) => index % 2 === 0).map((name) => name.toLowerCase()),
    bytes,
    text: (bytes.length > 0 && decode ? decode(bytes) : bytes).toString(),
  };
  return answer;
}

for (const [way, through] of Object.entries(ways)) {
  describe(`a kept answer ${way}`, () => {
    test('goes out as the text that is kept, with its fields, by GET and by POST', async () => {
      await using server = await serve(through(() => keptResult(small)));
      for (const method of ['GET', 'POST'] as const) {
        const { status, headers, text } = await ask(server, { method });
        assert.deepEqual([status, text], [200, small]);
        assert.equal(headers['content-type'], 'application/json; charset=utf-8');
        assert.equal(headers['content-length'], String(small.length));
        assert.equal(headers['cache-control'], 'public, max-age=60');
        assert.equal(headers['age'], '7');
        assert.ok(headers['x-request-id']);
      }
    });

    test('is no part of an answer with errors: they are formatted, and no cache may keep it', async () => {
      const error = new GatewayError('UPSTREAM_FAILED', 'shop.internal:4001 refused', { upstream: 'shop' });
      const result = { ...keptResult(small), errors: [error] };
      for (const responseHeaderRules of [{}, { 'cache-control': 'first' }] as const) {
        await using server = await serve(
          through(() => result),
          { responseHeaderRules },
        );
        const { headers, names, text } = await ask(server);
        assert.match(text, /^\{"errors":\[\{"message":/);
        assert.doesNotMatch(text, /internal/);
        assert.equal(headers['cache-control'], 'no-store');
        assert.equal(names.filter((name) => name === 'cache-control').length, 1);
        assert.equal(headers['etag'], undefined);
      }
    });

    test('with extensions is written as any other, with the fields of the kept one', async () => {
      const stale = { 'x-stale': 'because', 'cache-control': 'max-age=0', vary: 'x-tenant' };
      const extensions = { stale: true };
      await using server = await serve(through(() => ({ ...keptResult(small, { headers: stale }), extensions })));
      const { status, headers, text } = await ask(server, { headers: { 'if-none-match': '*' } });
      assert.deepEqual([status, text], [200, '{"data":{"name":"Ada"},"extensions":{"stale":true}}']);
      assert.equal(headers['x-stale'], 'because');
      assert.equal(headers['cache-control'], 'max-age=0');
      assert.equal(headers['vary'], 'accept, x-tenant, accept-encoding');
      assert.equal(headers['etag'], undefined);
    });

    test('is 304 without a body to whoever has it', async () => {
      await using server = await serve(through(() => keptResult(small)));
      const { headers } = await ask(server);
      const again = await ask(server, { headers: { 'if-none-match': `"x", ${String(headers['etag'])}` } });
      assert.deepEqual([again.status, again.text], [304, '']);
      assert.equal(again.headers['etag'], headers['etag']);
    });

    test('is coded as the client likes it', async () => {
      await using server = await serve(through(() => keptResult(large)));
      const { headers, text } = await ask(server, { headers: { 'accept-encoding': 'gzip;q=0.5, zstd' } });
      assert.deepEqual([headers['content-encoding'], text], ['zstd', large]);
    });

    test('comes byte for byte in each coding, also where the coded form is held as text', async () => {
      const inTime: KeptAnswer['encoded'] = async (coding) => asText(coding);
      for (const encoded of [asText, inTime]) {
        await using server = await serve(through(() => keptResult(worldly, { encoded })));
        for (const [coding, coder] of Object.entries(coders)) {
          for (const method of ['GET', 'POST'] as const) {
            const { headers, bytes } = await ask(server, { method, headers: { 'accept-encoding': coding } });
            assert.equal(headers['content-encoding'], coding);
            assert.equal(headers['content-length'], String(coder(worldly).length));
            assert.ok(bytes.equals(coder(worldly)), `${coding} by ${method}`);
          }
        }
      }
    });

    test('comes byte for byte to a client that is still sending', async () => {
      await using server = await serve(through(() => keptResult(worldly, { encoded: asText })));
      for (const coding of ['identity', 'br', 'gzip', 'zstd']) {
        const asking = { 'accept-encoding': coding, 'transfer-encoding': 'chunked' };
        const { headers, bytes, text } = await ask(server, { headers: asking, withholdsEnd: true });
        assert.equal(headers['connection'], 'close', 'the rest of the body is not waited for');
        assert.equal(headers['content-encoding'], coding === 'identity' ? undefined : coding);
        assert.equal(headers['content-length'], String(bytes.length));
        assert.equal(text, worldly);
      }
    });

    test('tells what came of the cache to those who ask, where the configuration lets it', async () => {
      const stale = keptResult(small, { outcome: 'stale' });
      for (const showsCache of [true, false]) {
        await using server = await serve(
          through(() => stale),
          { showsCache },
        );
        const asked = await ask(server, { headers: { 'weft-cache': 'true' } });
        assert.equal(asked.headers['x-cache'], showsCache ? 'stale' : undefined);
        assert.equal((await ask(server)).headers['x-cache'], undefined);
      }
    });
  });
}

test('an answer that is not kept says bypass to those who ask, and has neither tag nor coding', async () => {
  await using server = await serve({ execute: () => ({ data: { name: 'Ada '.repeat(400) } }) }, { showsCache: true });
  const { headers } = await ask(server, { headers: { 'weft-cache': 'true', 'accept-encoding': 'gzip' } });
  assert.equal(headers['x-cache'], 'bypass');
  assert.equal(headers['etag'], undefined);
  assert.equal(headers['content-encoding'], undefined);
  assert.equal((await ask(server)).headers['x-cache'], undefined);
});

test('an answer that is not kept comes in UTF-8, also to a client that is still sending', async () => {
  const answer = JSON.parse(worldly) as ExecutionResult;
  await using server = await serve({ execute: () => answer });
  const asks: readonly Ask[] = [
    { method: 'POST', headers: { connection: 'close' } },
    { headers: { 'transfer-encoding': 'chunked' }, withholdsEnd: true },
  ];
  for (const each of asks) {
    const { headers, bytes, text } = await ask(server, each);
    assert.equal(text, JSON.stringify(answer));
    assert.equal(headers['content-length'], String(bytes.length));
  }
});

test('a client that takes nothing but streams gets a kept answer as an event', async () => {
  await using server = await serve({ execute: () => keptResult(small) as ExecutionResult });
  const { headers, text } = await ask(server, { headers: { accept: 'text/event-stream' } });
  assert.match(String(headers['content-type']), /^text\/event-stream/);
  assert.match(text, /data: \{"data":\{"name":"Ada"\}\}/);
});

test('a batch takes the data of kept answers, known and new, and is one text', async () => {
  const [fromKnown, fromNew] = [keptResult(keptText('known')), keptResult(keptText('new'))];
  await using server = await serve(
    {
      runPrepared: (asked) => (asked.query === query ? Promise.resolve(fromKnown as ExecutionResult) : undefined),
      execute: () => fromNew as ExecutionResult,
    },
    { maxBatch: 4 },
  );
  const body = [{ query }, { query: '{ a: name }' }, { query: '{ b: name }' }];
  const { headers, text } = await ask(server, { method: 'POST', body });
  assert.equal(text, '[{"data":{"name":"known"}},{"data":{"name":"new"}},{"data":{"name":"new"}}]');
  assert.equal(headers['etag'], undefined);
  assert.equal(headers['age'], undefined);
});

describe('RFC 9110 13.1.2 If-None-Match', () => {
  const own = 'application/graphql-response+json';

  test('8.8.3 each coding and each media type of an answer has a tag of its own', async () => {
    await using server = await serve(known(() => keptResult(large)));
    const tags = [];
    for (const accept of ['application/json', own])
      for (const coding of ['identity', 'br', 'zstd', 'gzip'])
        tags.push((await ask(server, { headers: { accept, 'accept-encoding': coding } })).headers['etag']);
    assert.equal(new Set(tags).size, 8);
    for (const tag of tags) assert.match(String(tag), /^"t1[a-z-]*"$/);
  });

  test('15.4.5 a 304 has the fields of the 200 but those of the body', async () => {
    const headers = { 'cache-control': 'private, max-age=5', age: '3', vary: 'authorization' };
    await using server = await serve(known(() => keptResult(large, { headers })));
    const whole = await ask(server, { headers: { 'accept-encoding': 'br' } });
    const none = await ask(server, { headers: { 'accept-encoding': 'br', 'if-none-match': 'W/"t1-br"' } });
    assert.equal(none.status, 304);
    for (const name of ['etag', 'cache-control', 'age', 'vary'])
      assert.equal(none.headers[name], whole.headers[name], name);
    assert.ok(none.headers['date']);
    for (const name of ['content-type', 'content-encoding', 'content-length', 'transfer-encoding'])
      assert.equal(none.headers[name], undefined, name);
  });

  test('a cache never hears 304 for a coding that this request does not take', async () => {
    await using server = await serve(known(() => keptResult(large)));
    const conditional = (taken: string, tag: string) =>
      ask(server, { headers: { 'accept-encoding': taken, 'if-none-match': tag } });
    assert.equal((await conditional('gzip', '"t1-br"')).status, 200);
    const other = await conditional('gzip, br;q=0.1', '"t1-br"');
    assert.deepEqual([other.status, other.headers['etag']], [304, '"t1-br"']);
  });

  test('a tag of another answer, of another media type, or no tag at all is answered whole', async () => {
    await using server = await serve(known(() => keptResult(small)));
    for (const field of ['"t2"', '"t1-g"', 't1', '"t1', '', ',', '*, *', `"${'x'.repeat(8000)}"`]) {
      const { status, text } = await ask(server, { headers: { 'if-none-match': field } });
      assert.deepEqual([status, text], [200, small], field);
    }
    assert.equal((await ask(server, { headers: { accept: own, 'if-none-match': '"t1"' } })).status, 200);
  });

  test('a POST has no tag, and its conditions are not looked at', async () => {
    await using server = await serve(known(() => keptResult(small)));
    for (const field of ['"t1"', '*']) {
      const { status, headers } = await ask(server, { method: 'POST', headers: { 'if-none-match': field } });
      assert.deepEqual([status, headers['etag']], [200, undefined]);
    }
  });

  test('nothing is compressed for a 304', async () => {
    let coded = 0;
    const encoded = (): Buffer => Buffer.from(String((coded += 1)));
    await using server = await serve(known(() => keptResult(large, { encoded })));
    await ask(server, { headers: { 'accept-encoding': 'br', 'if-none-match': '*' } });
    assert.equal(coded, 0);
    await ask(server, { headers: { 'accept-encoding': 'br;q=0' } });
    assert.equal(coded, 0);
  });

  test('the connection goes on after a 304', async () => {
    await using server = await serve(known(() => keptResult(small)));
    const socket = connect(server.port, '127.0.0.1');
    const get = `GET /graphql?query=%7Bname%7D HTTP/1.1\r\nhost: localhost\r\n`;
    socket.end(`${get}if-none-match: "t1"\r\n\r\n${get}\r\n${get}if-none-match: *\r\nconnection: close\r\n\r\n`);
    const text = Buffer.concat(await socket.toArray()).toString();
    assert.deepEqual(
      [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
      ['304', '200', '304'],
    );
  });
});

describe('RFC 9110 12.5.3 Accept-Encoding', () => {
  test('a body of less than 1 KiB is not coded, one of 1 KiB is', async () => {
    const shell = keptText('').length;
    for (const [bytes, coding] of [
      [1023, undefined],
      [1024, 'gzip'],
    ] as const) {
      await using server = await serve(known(() => keptResult(keptText('a'.repeat(bytes - shell)))));
      const { headers } = await ask(server, { headers: { 'accept-encoding': 'gzip' } });
      assert.equal(headers['content-encoding'], coding);
    }
  });

  test('identity;q=0 has a small body coded too', async () => {
    await using server = await serve(known(() => keptResult(small)));
    const { headers, text } = await ask(server, { headers: { 'accept-encoding': 'gzip, identity;q=0' } });
    assert.deepEqual([headers['content-encoding'], text], ['gzip', small]);
  });

  test('the body comes whole in each coding, and the length is that of the coded one', async () => {
    await using server = await serve(known(() => keptResult(large)));
    for (const [coding, coder] of Object.entries(coders)) {
      const { headers, bytes, text } = await ask(server, { method: 'POST', headers: { 'accept-encoding': coding } });
      assert.equal(headers['content-encoding'], coding);
      assert.equal(headers['content-length'], String(bytes.length));
      assert.ok(bytes.equals(coder(large)));
      assert.equal(text, large);
    }
  });

  test('a coding that is still being made is waited for', async () => {
    const encoded = async (coding: keyof typeof coders): Promise<Buffer> => coders[coding](large);
    await using server = await serve(known(() => keptResult(large, { encoded })));
    const { headers, text } = await ask(server, { headers: { 'accept-encoding': 'br' } });
    assert.deepEqual([headers['content-encoding'], headers['etag'], text], ['br', '"t1-br"', large]);
  });

  test('where coding fails the body goes as it is, under its own tag', async () => {
    const failures: readonly KeptAnswer['encoded'][] = [
      () => Promise.reject(new Error('out of memory')),
      () => {
        throw new Error('out of memory');
      },
    ];
    for (const encoded of failures) {
      await using server = await serve(known(() => keptResult(large, { encoded })));
      const { status, headers, text } = await ask(server, { headers: { 'accept-encoding': 'br' } });
      assert.deepEqual([status, headers['content-encoding'], headers['etag'], text], [200, undefined, '"t1"', large]);
    }
  });

  test('a client that leaves while its coding is made harms nobody', async () => {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const encoded = (): Promise<Buffer> => {
      begin();
      return promise;
    };
    await using server = await serve(known(() => keptResult(large, { encoded })));
    const left = request(`${server.endpoint}?query=%7Bname%7D`, { headers: { 'accept-encoding': 'br' } });
    left.on('error', () => {});
    left.end();
    await begun;
    const gone = once(server.scopes[0]?.signal ?? new EventTarget(), 'abort');
    left.destroy();
    await gone;
    resolve(brotliCompressSync(large));
    assert.equal((await ask(server)).text, large);
  });

  test('12.5.5 every kept answer says that it varies by coding, coded or not, beside what else it varies by', async () => {
    const varied = keptResult(large, { headers: { vary: 'Authorization, Accept' } });
    await using server = await serve(
      known(({ req, res }) => {
        if (req.headers.origin !== undefined) res.setHeader('vary', 'origin');
        return req.headers['x-plain'] === undefined ? varied : keptResult(small);
      }),
      { responseHeaderRules: { vary: 'append' } },
    );
    const vary = async (given: Ask): Promise<unknown> => {
      const { headers, names } = await ask(server, given);
      assert.equal(names.filter((name) => name === 'vary').length, 1);
      return headers['vary'];
    };
    assert.equal(await vary({ headers: { 'x-plain': '1' } }), 'accept, accept-encoding');
    assert.equal(await vary({ headers: { 'x-plain': '1', 'if-none-match': '*' } }), 'accept, accept-encoding');
    assert.equal(await vary({ method: 'POST', headers: { 'x-plain': '1' } }), 'accept-encoding');
    assert.equal(await vary({ headers: { 'accept-encoding': 'br' } }), 'authorization, accept, accept-encoding');
    assert.equal(
      await vary({ headers: { origin: 'https://a.example' } }),
      'origin, authorization, accept, accept-encoding',
    );
  });
});

describe('headers that rules bring back beside a kept answer', () => {
  const rules = {
    'cache-control': 'most-restrictive',
    'set-cookie': 'append',
    etag: 'first',
    age: 'first',
    vary: 'append',
  } as const;
  const upstreamSays = (headers: Record<string, string | string[]>, result: Result) =>
    serve(
      known(({ scope }) => {
        scope.responseHeaders.collect(headers);
        return result;
      }),
      { responseHeaderRules: rules },
    );

  test('cache-control comes once, the strictest of both', async () => {
    for (const [kept, upstream, expected] of [
      ['public, max-age=60', 'public, max-age=10', 'public, max-age=10'],
      ['public, max-age=60', 'private, max-age=100', 'private, max-age=60'],
      ['public, max-age=60', 'no-store', 'no-store'],
      ['private, max-age=1', 'public, max-age=100', 'private, max-age=1'],
    ] as const) {
      const result = keptResult(small, { headers: { 'cache-control': kept } });
      await using server = await upstreamSays({ 'cache-control': upstream }, result);
      const { headers, names } = await ask(server);
      assert.equal(headers['cache-control'], expected);
      assert.equal(names.filter((name) => name === 'cache-control').length, 1);
    }
  });

  test('of etag and age the answer has its own, vary is one list, and no cookie is lost', async () => {
    const upstream = { etag: '"upstream"', age: '100', vary: 'x-a', 'set-cookie': ['a=1', 'b=2'] };
    await using server = await upstreamSays(upstream, keptResult(small, { headers: { age: '7' } }));
    const { headers, names } = await ask(server);
    assert.equal((await ask(server, { method: 'POST' })).headers['etag'], undefined);
    assert.equal(headers['etag'], '"t1"');
    assert.equal(headers['age'], '7');
    assert.equal(headers['vary'], 'accept, accept-encoding, x-a');
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(names.length - 1, new Set(names).size);
  });
});
