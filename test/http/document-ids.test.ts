import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildSchema, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { GatewayError } from '../../src/errors.ts';
import type { AskedDocument } from '../../src/persisted/types.ts';
import type { GraphqlContext, GraphqlHandlerOptions, ResolveDocument } from '../../src/server/graphql-server.ts';
import type { Lanes } from '../../src/server/lanes.ts';
import { serveSchema, type ServedSchema } from '../support/serve-schema.ts';
import { serveSubgraph } from '../support/serve-subgraph.ts';

const config = { path: '/graphql', maxBodyBytes: 65_536, maxBatch: 10 };
const [modern, legacy] = ['application/graphql-response+json', 'application/json'];
const hash = 'ab12'.repeat(16);

/** By id or hash. */
const documents: Readonly<Record<string, string>> = {
  'name-of': 'query($id: ID!) { name(id: $id) }',
  'sha256:a/b c': '{ name(id: "odd") }',
  rename: 'mutation { rename }',
  ticks: 'subscription { ticks }',
  [hash]: '{ name(id: "hashed") }',
};

const find: ResolveDocument = ({ query, id, sha256 }) => {
  const found = query ?? documents[id ?? sha256 ?? ''];
  if (found === undefined) throw new GatewayError('PERSISTED_QUERY_NOT_FOUND', 'no such document');
  return found;
};

/** What knows documents: by itself, or by asking somebody. */
const resolvers: readonly [how: string, resolveDocument: ResolveDocument][] = [
  ['at once', find],
  ['later', async (...asked) => new Promise((resolve) => setImmediate(resolve)).then(() => find(...asked))],
];

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ExecutionResult;
}

async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: (await response.json()) as ExecutionResult };
}

const post = (server: ServedSchema, body: unknown, { path = '', accept = legacy } = {}): Promise<Answer> =>
  ask(`${server.endpoint}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  });

const get = (
  server: ServedSchema,
  query: Record<string, string>,
  { path = '', accept = legacy } = {},
): Promise<Answer> =>
  ask(`${server.endpoint}${path}?${new URLSearchParams(query).toString()}`, { headers: { accept } });

const codeOf = ({ body }: Answer): unknown => body.errors?.[0]?.extensions?.['code'];
const messageOf = ({ body }: Answer): unknown => body.errors?.[0]?.message;

const persistedQuery = { version: 1, sha256Hash: hash };

/** The compiled engine behind documents that are known by id. */
const serveKnown = (resolveDocument: ResolveDocument, handler: Partial<GraphqlHandlerOptions> = {}) =>
  serveSubgraph({ lanes: { takesDocumentIds: true }, handler: { config, resolveDocument, ...handler } });

for (const [how, resolveDocument] of resolvers) {
  describe(`a document that is found ${how}`, () => {
    for (const name of ['documentId', 'id', 'doc_id']) {
      test(`is run by ${name} in the body and in the query string, and is parsed once`, async () => {
        await using server = await serveKnown(resolveDocument);
        const byPost = await post(server, { [name]: 'name-of', variables: { id: '1' } });
        assert.deepEqual(byPost.body, { data: { name: 'name 1' } });
        const byGet = await get(server, { [name]: 'name-of', variables: '{"id":"2"}' });
        assert.deepEqual(byGet.body, { data: { name: 'name 2' } });
        assert.deepEqual(server.newTexts, [documents['name-of']]);
      });
    }

    test('is run by the last segment of the path, percent-decoded, by GET and POST', async () => {
      await using server = await serveKnown(resolveDocument);
      const path = '/name-of';
      assert.deepEqual((await post(server, { variables: { id: '1' } }, { path })).body, { data: { name: 'name 1' } });
      assert.deepEqual((await get(server, { variables: '{"id":"2"}' }, { path })).body, { data: { name: 'name 2' } });
      assert.deepEqual((await get(server, {}, { path: '/sha256%3Aa%2Fb%20c' })).body, { data: { name: 'name odd' } });
    });

    test('is run by its hash, whatever the case of its digits', async () => {
      await using server = await serveKnown(resolveDocument);
      assert.deepEqual((await post(server, { extensions: { persistedQuery } })).body, {
        data: { name: 'name hashed' },
      });
      const upper = JSON.stringify({ persistedQuery: { ...persistedQuery, sha256Hash: hash.toUpperCase() } });
      assert.deepEqual((await get(server, { extensions: upper })).body, { data: { name: 'name hashed' } });
    });

    test('that is a mutation is not run by GET, neither new nor known', async () => {
      await using server = await serveKnown(resolveDocument);
      const refused = async (): Promise<void> => {
        const answer = await get(server, {}, { path: '/rename' });
        assert.equal(answer.status, 405);
        assert.equal(codeOf(answer), 'METHOD_NOT_ALLOWED');
        assert.equal(answer.headers.get('allow'), 'POST');
      };
      await refused();
      assert.equal(server.upstreamRequests.length, 0);
      assert.deepEqual((await post(server, { id: 'rename' })).body, { data: { rename: 'renamed' } });
      await refused();
      assert.equal(server.upstreamRequests.length, 1);
    });

    test('in a batch stands beside texts and unknown ids', async () => {
      await using server = await serveKnown(resolveDocument);
      const { body } = await post(server, [
        { id: 'name-of', variables: { id: '1' } },
        { id: 'unknown' },
        { query: '{ name(id: "2") }' },
        { extensions: { persistedQuery } },
      ]);
      const results = body as unknown as readonly ExecutionResult[];
      assert.deepEqual(
        results.map(({ data, errors }) => data?.['name'] ?? errors?.[0]?.message),
        ['name 1', 'PersistedQueryNotFound', 'name 2', 'name hashed'],
      );
    });

    test('that is not known is 404 by its own media type, and 200 as application/json, as Apollo clients expect', async () => {
      await using server = await serveKnown(resolveDocument);
      for (const [accept, status] of [[modern, 404] as const, [legacy, 200] as const]) {
        const answer = await post(
          server,
          { extensions: { persistedQuery: { ...persistedQuery, sha256Hash: '0'.repeat(64) } } },
          { accept },
        );
        assert.equal(answer.status, status);
        assert.equal(codeOf(answer), 'PERSISTED_QUERY_NOT_FOUND');
        assert.equal(messageOf(answer), 'PersistedQueryNotFound');
        assert.equal('data' in answer.body, false);
      }
    });

    test('is the text that is run, whatever text came', async () => {
      await using server = await serveKnown(async (asked, scope) =>
        asked.query === undefined ? resolveDocument(asked, scope) : '{ name(id: "other") }',
      );
      for (let times = 0; times < 2; times++) {
        assert.deepEqual((await post(server, { query: '{ name(id: "mine") }' })).body, {
          data: { name: 'name other' },
        });
      }
      assert.deepEqual(server.newTexts, ['{ name(id: "other") }']);
    });
  });
}

describe('what a request says of its document', () => {
  test('is told as it came, for every request, with who asks', async () => {
    const told: AskedDocument[] = [];
    await using server = await serveKnown((asked, scope) => {
      assert.equal(scope, server.scopes.at(-1));
      const { query, id, sha256 } = asked;
      told.push({ query, id, sha256 });
      return '{ name(id: "1") }';
    });
    const query = '{ name(id: "2") }';
    await post(server, { query });
    await post(server, { query, documentId: 'a', extensions: { persistedQuery } });
    await post(server, { query: '', documentId: 'a' });
    await get(server, { query }, { path: '/b' });
    assert.deepEqual(told, [
      { query, id: undefined, sha256: undefined },
      { query, id: 'a', sha256: hash },
      { query: undefined, id: 'a', sha256: undefined },
      { query, id: 'b', sha256: undefined },
    ]);
  });

  const malformed: readonly [body: object, path: string, message: string][] = [
    [{}, '', 'Expected "query" to be a string, but got: nothing'],
    [{ id: 'a', query: 7 }, '', 'Expected "query" to be a string, but got: number'],
    [{ id: 7 }, '', 'Expected "id" to be a string, but got: number'],
    [{ id: 'a', documentId: 'b' }, '', 'Expected one document id, but got: one in "documentId", another in "id"'],
    [{ id: 'a' }, '/b', 'Expected one document id, but got: one in the path, another in "id"'],
    [[{ query: '{ __typename }' }], '/b', 'Expected one GraphQL request for a document in the path, but got: array'],
    [
      { extensions: { persistedQuery: { version: 2, sha256Hash: hash } } },
      '',
      'Expected "extensions.persistedQuery.version" to be 1, but got: 2',
    ],
    [
      { query: '{ __typename }', extensions: { persistedQuery: { version: 1, sha256Hash: 'abc' } } },
      '',
      'Expected "extensions.persistedQuery.sha256Hash" to be 64 hexadecimal digits, but got: 3 characters',
    ],
  ];
  for (const [body, path, message] of malformed) {
    test(`is refused with 400 where it cannot be: ${message}`, async () => {
      await using server = await serveKnown(find);
      const answer = await post(server, body, { path });
      assert.equal(answer.status, 400);
      assert.equal(codeOf(answer), 'BAD_REQUEST');
      assert.equal(messageOf(answer), message);
    });
  }

  test('is refused with 400 where the path is not percent-encoded text', async () => {
    await using server = await serveKnown(find);
    const answer = await get(server, {}, { path: '/%zz' });
    assert.equal(answer.status, 400);
    assert.equal(codeOf(answer), 'BAD_REQUEST');
  });

  test('is an empty text: that does not parse, and nobody is asked for it', async () => {
    await using server = await serveKnown(() => assert.fail('must not be asked'));
    assert.equal(codeOf(await post(server, { query: '' })), 'GRAPHQL_PARSE_FAILED');
  });

  test('and cannot be found for a reason of ours stays in the log', async () => {
    for (const fail of [
      () => {
        throw new Error('password is hunter2');
      },
      () => Promise.reject(new Error('password is hunter2')),
    ]) {
      await using server = await serveKnown(fail);
      const answer = await post(server, { id: 'a' });
      assert.equal(answer.status, 500);
      assert.doesNotMatch(JSON.stringify(answer.body), /hunter2/);
    }
  });
});

describe('without documents that are known by id', () => {
  test('a hash or an id alone is refused as Apollo clients expect, who then send the text', async () => {
    await using server = await serveSubgraph();
    for (const body of [{ extensions: { persistedQuery } }, { documentId: 'a' }]) {
      for (const [accept, status] of [[modern, 400] as const, [legacy, 200] as const]) {
        const answer = await post(server, body, { accept });
        assert.equal(answer.status, status);
        assert.equal(codeOf(answer), 'PERSISTED_QUERY_NOT_SUPPORTED');
        assert.equal(messageOf(answer), 'PersistedQueryNotSupported');
      }
    }
  });

  test('a text that comes with its hash or an id is run', async () => {
    await using server = await serveSubgraph();
    const query = '{ name(id: "1") }';
    for (const more of [{ extensions: { persistedQuery } }, { id: 'a' }]) {
      assert.deepEqual((await post(server, { query, ...more })).body, { data: { name: 'name 1' } });
    }
  });

  test('nothing is served below the GraphQL path', async () => {
    await using server = await serveSubgraph();
    assert.equal((await get(server, {}, { path: '/name-of' })).status, 404);
  });
});

describe('the path of a document', () => {
  /** A REST lane as the gateway has it: by the longest path, on whole segments. */
  const routeAt =
    (at: string): NonNullable<Lanes['routes']> =>
    (_req, res, path, below = '') => {
      if (!`${path}/`.startsWith(at === '/' ? '/' : `${at}/`) || at.length <= below.length) return false;
      res.end('a route');
      return true;
    };
  const serveBeside = (at: string) =>
    serveSubgraph({
      lanes: { takesDocumentIds: true, routes: routeAt(at) },
      handler: { config, resolveDocument: find },
    });
  const textAt = async (url: string): Promise<string> => (await fetch(url)).text();
  const answered = '{"data":{"name":"name odd"}}';
  const odd = '/sha256%3Aa%2Fb%20c';

  test('stands before a route around it', async () => {
    await using server = await serveBeside('/');
    assert.equal(await textAt(`${server.endpoint}${odd}`), answered);
    assert.equal(await textAt(`${server.endpoint}/a/b`), 'a route');
    assert.equal(await textAt(`${server.url}/other`), 'a route');
  });

  test('stands after a route below the GraphQL path', async () => {
    await using server = await serveBeside('/graphql/files');
    assert.equal(await textAt(`${server.endpoint}/files`), 'a route');
    assert.equal(await textAt(`${server.endpoint}/files/x`), 'a route');
    assert.equal(await textAt(`${server.endpoint}${odd}`), answered);
  });

  test('is one segment: nothing is served below it, nor with a slash at its end', async () => {
    await using server = await serveKnown(find);
    for (const path of ['/name-of/x', '/name-of/']) assert.equal((await get(server, {}, { path })).status, 404, path);
  });

  test('is asked by GET and POST only', async () => {
    await using server = await serveKnown(find);
    const response = await fetch(`${server.endpoint}/name-of`, { method: 'DELETE' });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET, POST');
  });

  test('gives a browser the answer, not GraphiQL', async () => {
    await using server = await serveKnown(find);
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
    assert.match(
      (await fetch(server.endpoint, { headers: { accept } })).headers.get('content-type') ?? '',
      /^text\/html/,
    );
    assert.deepEqual((await get(server, {}, { path: odd, accept })).body, { data: { name: 'name odd' } });
  });
});

describe('caches', () => {
  const cached = (): GraphQLSchema => {
    const schema = buildSchema('type Query { name(id: ID!): String }');
    const field = schema.getQueryType()?.getFields()['name'];
    assert.ok(field);
    field.resolve = (_source, _args, { scope }: GraphqlContext) => {
      scope.responseHeaders.collect({ 'cache-control': 'max-age=5' });
      return 'n';
    };
    return schema;
  };
  const lanes = { takesDocumentIds: true };
  const handler = { config, resolveDocument: find };

  test('may keep the answer to a GET of a document as long as upstreams allow', async () => {
    await using server = await serveSchema(cached(), { lanes, handler });
    const answer = await get(server, {}, { path: '/sha256%3Aa%2Fb%20c' });
    assert.equal(answer.headers.get('cache-control'), 'max-age=5');
    assert.equal(answer.headers.get('vary'), 'accept');
  });

  test('may not keep that a document is not known, whether or not headers of upstreams come back', async () => {
    for (const responseHeaderRules of [{}, { 'cache-control': 'most-restrictive' }] as const) {
      await using server = await serveSchema(cached(), { lanes, handler, responseHeaderRules });
      const answer = await get(server, {}, { path: '/unknown' });
      assert.equal(answer.headers.get('cache-control'), 'no-store');
    }
  });

  test('are told nothing of an answer without errors that upstreams say nothing of', async () => {
    await using server = await serveSchema(cached(), { lanes, handler, responseHeaderRules: {} });
    const answer = await get(server, {}, { path: '/sha256%3Aa%2Fb%20c' });
    assert.equal(answer.headers.get('cache-control'), null);
  });
});

test('a subscription is streamed by the id of its document in the path', async () => {
  const schema = buildSchema('type Query { a: Int } type Subscription { ticks: Int }');
  const field = schema.getSubscriptionType()?.getFields()['ticks'];
  assert.ok(field);
  field.subscribe = async function* () {
    yield { ticks: 1 };
    yield { ticks: 2 };
  };
  await using server = await serveSchema(schema, {
    lanes: { takesDocumentIds: true },
    handler: { config, resolveDocument: find },
  });
  const response = await fetch(`${server.endpoint}/ticks`, { headers: { accept: 'text/event-stream' } });
  const text = await response.text();
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.deepEqual(text.match(/\{"ticks":\d\}/g), ['{"ticks":1}', '{"ticks":2}']);
});
