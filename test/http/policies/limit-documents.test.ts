import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { parse, type GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { DocumentBounds } from '../../../src/config/limit-types.ts';
import type { GatewayError } from '../../../src/errors.ts';
import { defaultDocumentBounds } from '../../../src/operation/documents/default-bounds.ts';
import { measureDocument } from '../../../src/operation/documents/measure-document.ts';
import {
  createDocumentCheck,
  limitDocuments,
  type DocumentCheck,
  type DocumentLimitEvent,
} from '../../../src/policies/limit-documents.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';
import type { RequestScope } from '../../../src/upstream/types.ts';
import { serveSchema } from '../../support/serve-schema.ts';
import { attackedSchema, attacks, times } from '../../unit/operation/documents-attacks.ts';

interface Served {
  readonly ask: (query: string, request?: Asked) => Promise<Answer>;
  readonly events: readonly DocumentLimitEvent[];
  /** How many documents came as far. */
  readonly reached: { parsing: number; validation: number };
}

interface Asked {
  readonly variables?: Readonly<Record<string, unknown>>;
  /** What the caller's bounds are chosen by. */
  readonly tier?: string;
}

interface Answer {
  readonly status: number;
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFormattedError[];
}

interface Setup {
  readonly mode?: 'measure' | 'enforce';
  readonly bounds?: Partial<DocumentBounds>;
  readonly tiers?: Readonly<Record<string, DocumentBounds>>;
}

/** The server room around a schema, with this policy and one after it that counts. */
async function serve(t: TestContext, { mode = 'enforce', bounds, tiers = {} }: Setup = {}): Promise<Served> {
  const events: DocumentLimitEvent[] = [];
  const reached = { parsing: 0, validation: 0 };
  const counting: Plugin = {
    onParse: ({ parseFn, setParseFn }) => {
      setParseFn((...input: Parameters<typeof parseFn>) => {
        reached.parsing += 1;
        return parseFn(...input) as unknown;
      });
    },
    onValidate: () => {
      reached.validation += 1;
    },
  };
  const all = { ...defaultDocumentBounds, ...bounds };
  let tier: string | undefined;
  const check = createDocumentCheck({
    boundsFor: () => (tier === undefined ? all : (tiers[tier] ?? all)),
    mode,
    report: (event) => events.push(event),
  });
  const server = await serveSchema(attackedSchema, {
    config: { maxBodyBytes: 4 * 1024 * 1024 },
    handler: { plugins: [limitDocuments(check), counting] },
  });
  t.after(server.close);
  const ask = async (query: string, request: Asked = {}): Promise<Answer> => {
    ({ tier } = request);
    const response = await fetch(server.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query, variables: request.variables }),
    });
    return { status: response.status, ...((await response.json()) as object) };
  };
  return { ask, events, reached };
}

describe('documents built to explode', () => {
  test('are refused before they are validated, each by its bound', async (t) => {
    const { ask, events, reached } = await serve(t);
    for (const { name, query, variables = {}, bound } of attacks) {
      const { status, data, errors = [] } = await ask(query, { variables });
      assert.deepEqual({ status, data, code: errors[0]?.extensions?.['code'] }, refused, name);
      assert.equal(errors[0]?.extensions?.['limit'], bound, name);
      assert.equal(events.at(-1)?.bound, bound, name);
    }
    assert.equal(reached.validation, 0);
    assert.equal(events.length, attacks.length);
    assert.ok(events.every(({ outcome }) => outcome === 'refused'));
  });

  test('are refused before they are parsed where the text alone says enough', async (t) => {
    const { ask, reached } = await serve(t);
    for (const query of [
      `{${times(300, (index) => `a${index}: name`)}}`,
      `{user ${'{best'.repeat(40)} {id} ${'}'.repeat(40)}}`,
    ]) {
      assert.equal((await ask(query)).status, 400);
    }
    assert.equal(reached.parsing, 0);
  });

  test('do not stop the server from answering others', async (t) => {
    const { ask } = await serve(t);
    await Promise.all(attacks.map(({ query, variables = {} }) => ask(query, { variables })));
    assert.deepEqual(await ask('{ user { id } }'), { status: 200, data: { user: null } });
  });
});

const refused = { status: 400, data: undefined, code: 'DOCUMENT_LIMIT_EXCEEDED' };

describe('a refusal', () => {
  test('tells the bound, its value and the place', async (t) => {
    const { ask } = await serve(t, { bounds: { maxAliases: 1 } });
    const { errors } = await ask('{\n  a: name\n  b: name\n}');
    const { requestId, ...extensions } = errors?.[0]?.extensions ?? {};
    assert.equal(typeof requestId, 'string');
    assert.deepEqual(
      { ...errors?.[0], extensions },
      {
        message: 'Expected a document of at most 1 aliases in an operation, but got: more',
        locations: [{ line: 3, column: 4 }],
        extensions: { code: 'DOCUMENT_LIMIT_EXCEEDED', limit: 'maxAliases', max: 1 },
      },
    );
  });

  test('is never remembered for a caller with other bounds, nor is what such a caller may ask', async (t) => {
    const tiers = { free: { ...defaultDocumentBounds, maxDepth: 1, maxAliases: 1 }, pro: defaultDocumentBounds };
    const { ask } = await serve(t, { tiers });
    // By the text alone, and by what a fragment makes of it.
    for (const query of ['{ user { id } }', '{ ...F ...F } fragment F on Query { a: name }']) {
      for (const [tier, status] of [
        ['free', 400],
        ['pro', 200],
        ['free', 400],
        ['pro', 200],
      ] as const) {
        assert.equal((await ask(query, { tier })).status, status, `${tier}: ${query}`);
      }
    }
  });

  test('is of documents only that are GraphQL: of others, parsing tells what is wrong', async (t) => {
    const { ask, events } = await serve(t);
    const { errors } = await ask('{ user { id }');
    assert.equal(errors?.[0]?.extensions?.['code'], 'GRAPHQL_PARSE_FAILED');
    assert.deepEqual(events, []);
  });
});

describe('mode measure', () => {
  test('lets all pass, and tells once for each request what would have been refused', async (t) => {
    const { ask, events } = await serve(t, { mode: 'measure', bounds: { maxAliases: 1, maxListItems: 1 } });
    const answer = await ask('query ($a: [ID]) { a: name b: name users(ids: $a) { id } }', {
      variables: { a: ['1', '2'] },
    });
    assert.deepEqual(answer, { status: 200, data: { a: null, b: null, users: null } });
    assert.deepEqual(
      events.map(({ bound, outcome }) => ({ bound, outcome })),
      [{ bound: 'maxAliases', outcome: 'measured' }],
    );
    await ask('{ ...F ...F } fragment F on Query { a: name }');
    await ask('{ name }');
    assert.deepEqual(
      events.map(({ bound }) => bound),
      ['maxAliases', 'maxAliases'],
    );
    assert.notEqual(events[0]?.scope.requestId, events[1]?.scope.requestId);
  });

  test('does not fail for documents that are too deep to be walked', async (t) => {
    const { ask, events } = await serve(t, { mode: 'measure' });
    const { status } = await ask(`{${'...{'.repeat(400)}name${'}'.repeat(400)}}`);
    assert.equal(status, 200);
    assert.equal(events[0]?.bound, 'maxNesting');
  });
});

describe('a known operation', () => {
  const scopeOf = (): RequestScope =>
    createRequestScope({ headers: {}, signal: new AbortController().signal, responseHeaderRules: {} });
  const measure = measureDocument(parse('query ($a: [ID]) { a: name b: name users(ids: $a) { id } }'));
  const limitOf = (error: GraphQLError | undefined): unknown =>
    (error?.originalError as GatewayError | undefined)?.exposed?.['limit'];

  test('is held against the bounds of each caller by its measure, and by its variables', () => {
    let bounds = defaultDocumentBounds;
    const events: DocumentLimitEvent[] = [];
    const check = createDocumentCheck({
      boundsFor: () => bounds,
      mode: 'enforce',
      report: (event) => events.push(event),
    });
    assert.equal(check.checkKnown(measure, { a: ['1', '2'] }, scopeOf()), undefined);
    bounds = { ...defaultDocumentBounds, maxAliases: 1 };
    assert.equal(limitOf(check.checkKnown(measure, {}, scopeOf())), 'maxAliases');
    bounds = { ...defaultDocumentBounds, maxListItems: 1 };
    assert.equal(limitOf(check.checkKnown(measure, { a: ['1', '2'] }, scopeOf())), 'maxListItems');
    assert.deepEqual(
      events.map(({ bound }) => bound),
      ['maxAliases', 'maxListItems'],
    );
  });

  test('that was told of when it was new is not told of again', () => {
    const events: DocumentLimitEvent[] = [];
    const make = (): DocumentCheck =>
      createDocumentCheck({
        boundsFor: () => ({ ...defaultDocumentBounds, maxAliases: 1 }),
        mode: 'measure',
        report: (event) => events.push(event),
      });
    const scope = scopeOf();
    assert.equal(make().checkMeasure(measure, scope), undefined);
    assert.equal(make().checkKnown(measure, {}, scope), undefined);
    assert.equal(events.length, 1);
  });
});
