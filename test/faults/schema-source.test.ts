import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { buildSchema, graphqlSync, parse, print } from 'graphql';
import type { UpstreamConfig } from '../../src/config/types.ts';
import type { NoticeEvent } from '../../src/telemetry/channels.ts';
import { pollUpstreamSchemas, type SchemaChange } from '../../src/upstream/schema-poll.ts';
import { loadUpstreamSchema, type LoadedSchema, type SchemaSource } from '../../src/upstream/schema-source.ts';
import { refusingUrl, startFakeUpstream, type FakeAnswer, type FakeUpstream } from '../support/fake-upstream.ts';
import { connect, type AskedOperation, type Connection } from '../support/graphql-upstream.ts';

const shop = `"""The shop's schema."""
schema {
  query: Query
}

"""Sold here."""
type Product {
  id: ID!
  old: String @deprecated(reason: "gone")
}

scalar Day @specifiedBy(url: "https://day.example")

input Filter @oneOf {
  a: Int
  b: Int @deprecated(reason: "use a")
}

type Query {
  product(id: ID!, filter: Filter, old: Int @deprecated(reason: "none")): Product
}`;

let stateDir: string;
let upstream: FakeUpstream;
let connection: Connection;
const others: Connection[] = [];
/** What the upstream answers; tests set it. */
let answer: (operation: AskedOperation) => FakeAnswer;
const notices: NoticeEvent[] = [];
const noticed = (event: unknown) => void notices.push(event as NoticeEvent);

before(() => subscribe('weft:notice', noticed));
after(() => unsubscribe('weft:notice', noticed));

beforeEach(async () => {
  notices.length = 0;
  stateDir = await mkdtemp(join(tmpdir(), 'weft-schema-'));
  upstream = await startFakeUpstream((call) => answer(JSON.parse(call.body) as AskedOperation));
  connection = connect(upstream.url);
});

afterEach(async () => {
  await Promise.all([connection, ...others.splice(0)].map((each) => each.close()));
  await upstream.close();
  await rm(stateDir, { recursive: true });
});

function source(given: Partial<UpstreamConfig> = {}, url?: string): SchemaSource {
  const other = url === undefined ? undefined : connect(url);
  if (other) others.push(other);
  const { send, headers, config } = other ?? connection;
  return { config: { ...config, ...given }, send, headers, stateDir, now: () => Date.UTC(2026, 0, 2) };
}

function introspected(sdl: string): typeof answer {
  const schema = buildSchema(sdl);
  return ({ query }) => ({ json: graphqlSync({ schema, source: query }) });
}

const service =
  (sdl: unknown): typeof answer =>
  () => ({ json: { data: { _service: { sdl } } } });
const copyFile = () => join(stateDir, 'schemas', 'products.graphql');
const textOf = ({ sdl }: LoadedSchema) => (sdl ? print(sdl) : undefined);
const federation = { kind: 'federation' } as const;

describe('loading', () => {
  test('introspection brings descriptions, deprecations, specifiedBy and oneOf', async () => {
    answer = introspected(shop);
    const loaded = await loadUpstreamSchema(source());
    assert.equal(loaded.state, 'live');
    assert.equal(textOf(loaded), print(parse(shop)));
    assert.deepEqual(notices, []);
    assert.equal(upstream.requests.length, 1);
  });

  const unknownToOld = ['isOneOf', 'specifiedByURL', 'isRepeatable', 'args(includeDeprecated: true)'];
  for (const [age, unknown] of [
    [2, unknownToOld.slice(0, 1)],
    [3, unknownToOld],
  ] as const) {
    for (const status of [200, 400]) {
      test(`a server that knows no ${unknown.at(-1) ?? ''} (status ${status}) is asked more plainly`, async () => {
        const full = introspected(shop);
        answer = (operation) => {
          const found = unknown.find((word) => operation.query.includes(word));
          if (found === undefined) return full(operation);
          return { status, json: { errors: [{ message: `Cannot query "${found}"` }] } };
        };
        const loaded = await loadUpstreamSchema(source());
        assert.equal(loaded.state, 'live');
        assert.match(textOf(loaded) ?? '', /"""Sold here\."""/);
        assert.equal(upstream.requests.length, age);
      });
    }
  }

  test('a server that refuses a query with 400 and no reason is asked more plainly', async () => {
    const full = introspected(shop);
    answer = (operation) =>
      operation.query.includes('isOneOf') ? { status: 400, body: 'Bad Request' } : full(operation);
    assert.equal((await loadUpstreamSchema(source())).state, 'live');
  });

  test('an upstream that refuses by status is asked once', async () => {
    answer = () => ({ status: 401, body: '' });
    assert.equal((await loadUpstreamSchema(source())).error?.code, 'UNAUTHENTICATED');
    assert.equal(upstream.requests.length, 1);
  });

  test('a federation subgraph says its SDL itself', async () => {
    const sdl =
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\ntype A @key(fields: "id") { id: ID! }';
    answer = service(sdl);
    const loaded = await loadUpstreamSchema(source(federation));
    assert.deepEqual([loaded.state, loaded.text], ['live', sdl]);
    assert.match(upstream.requests[0]?.body ?? '', /_service/);
  });

  for (const kind of ['graphql', 'federation'] as const) {
    test(`a configured file takes the place of asking (${kind})`, async () => {
      const schema = join(stateDir, 'own.graphql');
      await writeFile(schema, 'type Query { a: Int }');
      const loaded = await loadUpstreamSchema(source({ kind, schema }));
      assert.deepEqual([loaded.state, loaded.text], ['file', 'type Query { a: Int }']);
      assert.equal(upstream.requests.length, 0);
      assert.deepEqual(await readdir(stateDir), ['own.graphql']);
    });
  }

  test('a configured file that is missing or no SDL is a configuration error', async () => {
    const schema = join(stateDir, 'own.graphql');
    const missing = await loadUpstreamSchema(source({ schema }));
    assert.deepEqual([missing.state, missing.error?.code], ['missing', 'CONFIGURATION_INVALID']);
    await writeFile(schema, 'type Query {');
    const broken = await loadUpstreamSchema(source({ schema }));
    assert.deepEqual([broken.state, broken.error?.code], ['missing', 'CONFIGURATION_INVALID']);
    assert.match(broken.error?.message ?? '', /own\.graphql.*expected SDL/);
  });
});

describe('last good', () => {
  async function keep(sdl = 'type Query { a: Int }'): Promise<void> {
    answer = introspected(sdl);
    assert.equal((await loadUpstreamSchema(source())).state, 'live');
    notices.length = 0;
  }

  test('a schema is kept with kind and date, and nothing else', async () => {
    await keep();
    assert.equal(
      await readFile(copyFile(), 'utf8'),
      '# The last good schema of upstream "products", used while it gives none. Safe to delete.\n# kind: graphql\n# saved: 2026-01-02T00:00:00.000Z\n\ntype Query {\n  a: Int\n}',
    );
    assert.deepEqual(await readdir(join(stateDir, 'schemas')), ['products.graphql']);
  });

  test('an equal schema is not written again, another one is', async () => {
    await keep();
    const { ino } = await stat(copyFile());
    await keep();
    assert.equal((await stat(copyFile())).ino, ino);
    await keep('type Query { b: Int }');
    assert.match(await readFile(copyFile(), 'utf8'), /b: Int/);
  });

  test('with the upstream down at a restart the copy is used, and operators hear of it', async () => {
    await keep();
    const loaded = await loadUpstreamSchema(source({}, await refusingUrl()));
    assert.equal(loaded.state, 'last-good');
    assert.equal(textOf(loaded), 'type Query {\n  a: Int\n}');
    assert.equal(loaded.savedAt, '2026-01-02T00:00:00.000Z');
    assert.equal(loaded.error?.code, 'UPSTREAM_UNREACHABLE');
    assert.deepEqual(
      notices.map(({ level, upstream: name }) => [level, name]),
      [['warn', 'products']],
    );
    assert.match(notices[0]?.message ?? '', /UPSTREAM_UNREACHABLE.*copy of 2026-01-02/);
  });

  test('without a copy the schema is missing, and operators hear of it', async () => {
    const loaded = await loadUpstreamSchema(source({}, await refusingUrl()));
    assert.deepEqual([loaded.state, loaded.sdl, loaded.error?.code], ['missing', undefined, 'UPSTREAM_UNREACHABLE']);
    assert.deepEqual(
      notices.map(({ level }) => level),
      ['error'],
    );
  });

  const bad: readonly (readonly [promise: string, given: FakeAnswer, reason: RegExp])[] = [
    ['GraphQL errors', { json: { errors: [{ message: 'introspection is off' }] } }, /introspection is off/],
    ['no schema', { json: { data: { a: 1 } } }, /without __schema/],
    ['half a schema', { json: { data: { __schema: { types: [] } } } }, /makes no schema/],
    ['HTML', { body: '<h1>', headers: { 'content-type': 'text/html' } }, /text\/html/],
    ['a 500', { status: 500, body: 'no' }, /status 500/],
  ];
  for (const [promise, given, reason] of bad) {
    test(`an upstream that answers ${promise} keeps the last good schema and says why`, async () => {
      await keep();
      answer = () => given;
      const loaded = await loadUpstreamSchema(source());
      assert.equal(loaded.state, 'last-good');
      assert.match(loaded.error?.message ?? '', reason);
      assert.match(notices[0]?.message ?? '', reason);
      assert.match(await readFile(copyFile(), 'utf8'), /a: Int/);
    });
  }

  for (const [promise, sdl, reason] of [
    ['is no SDL', 'type Query {', /expected SDL/],
    ['is an operation', '{ a }', /expected SDL, but got an OperationDefinition/],
    ['is empty', ' ', /without _service/],
    ['is no text', 7, /without _service/],
  ] as const) {
    test(`an SDL of a subgraph that ${promise} keeps the last good one`, async () => {
      answer = service('type Query { a: Int }');
      await loadUpstreamSchema(source(federation));
      answer = service(sdl);
      const loaded = await loadUpstreamSchema(source(federation));
      assert.deepEqual([loaded.state, loaded.text], ['last-good', 'type Query { a: Int }']);
      assert.match(loaded.error?.message ?? '', reason);
    });
  }

  test('a copy that is damaged, or of another kind of upstream, is no copy', async () => {
    await keep();
    answer = () => ({ status: 500 });
    assert.equal((await loadUpstreamSchema(source(federation))).state, 'missing');
    const content = await readFile(copyFile(), 'utf8');
    await writeFile(copyFile(), content.slice(0, -3));
    assert.equal((await loadUpstreamSchema(source())).state, 'missing');
    await writeFile(copyFile(), 'type Query { a: Int }');
    assert.equal((await loadUpstreamSchema(source())).state, 'missing');
  });

  test('a folder that cannot be written is told of, and the schema is used', async () => {
    answer = introspected('type Query { a: Int }');
    await writeFile(join(stateDir, 'file'), '');
    const loaded = await loadUpstreamSchema({ ...source(), stateDir: join(stateDir, 'file') });
    assert.equal(loaded.state, 'live');
    assert.deepEqual(
      notices.map(({ level }) => level),
      ['warn'],
    );
  });
});

describe('polling', () => {
  /** Resolves with each change in turn. */
  function changes(): { readonly onChange: SchemaChange; readonly next: () => Promise<LoadedSchema> } {
    const queue: LoadedSchema[] = [];
    let wake = () => {};
    return {
      onChange: (_, loaded) => {
        queue.push(loaded);
        wake();
      },
      next: async () => {
        for (let loaded = queue.shift(); ; loaded = queue.shift()) {
          if (loaded) return loaded;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    };
  }

  /** Resolves when the upstream was asked `more` times from now. */
  async function asked(more: number): Promise<void> {
    const earlier = upstream.requests.length;
    const answering = answer;
    await new Promise<void>((resolve) => {
      answer = (operation) => {
        if (upstream.requests.length >= earlier + more) resolve();
        return answering(operation);
      };
    });
  }

  const polled = { pollMs: 5 };

  test('a change of the schema is told, kept and noticed, once', async () => {
    answer = introspected('type Query { a: Int }');
    const inUse = await loadUpstreamSchema(source(polled));
    const { onChange, next } = changes();
    let told = 0;
    const poll = pollUpstreamSchemas([{ source: source(polled), inUse }], (name, loaded) => {
      told += 1;
      return onChange(name, loaded);
    });
    await asked(3);
    assert.equal(told, 0);
    answer = introspected('type Query { b: Int }');
    const loaded = await next();
    assert.deepEqual([loaded.state, loaded.text], ['live', 'type Query {\n  b: Int\n}']);
    assert.match(await readFile(copyFile(), 'utf8'), /b: Int/);
    await asked(3);
    await poll.stop();
    assert.equal(told, 1);
    assert.deepEqual(
      notices.map(({ message }) => message),
      ['upstream "products" has a new schema'],
    );
  });

  for (const [promise, hasCopy] of [
    ['missing', false],
    ['a copy', true],
  ] as const) {
    test(`a comeback is told where the schema in use is ${promise}, even if it is equal`, async () => {
      const good = introspected('type Query { a: Int }');
      answer = good;
      if (hasCopy) await loadUpstreamSchema(source(polled));
      answer = () => ({ status: 503 });
      const inUse = await loadUpstreamSchema(source(polled));
      assert.equal(inUse.state, hasCopy ? 'last-good' : 'missing');
      notices.length = 0;
      const { onChange, next } = changes();
      const poll = pollUpstreamSchemas([{ source: source(polled), inUse }], onChange);
      await asked(3);
      answer = good;
      assert.equal((await next()).state, 'live');
      await poll.stop();
      assert.deepEqual(
        notices.map(({ level, message }) => [level, message]),
        [['info', 'upstream "products" gives its schema again']],
      );
    });
  }

  test('an upstream that goes and comes keeps its schema in use; operators hear of each once', async () => {
    const good = introspected('type Query { a: Int }');
    answer = good;
    const inUse = await loadUpstreamSchema(source(polled));
    let told = 0;
    const poll = pollUpstreamSchemas([{ source: source(polled), inUse }], () => void (told += 1));
    answer = () => ({ status: 503 });
    await asked(3);
    answer = good;
    await asked(3);
    await poll.stop();
    assert.equal(told, 0);
    assert.deepEqual(
      notices.map(({ level }) => level),
      ['warn', 'info'],
    );
  });

  test('a schema that cannot be used is told of, and does not end the polling', async () => {
    answer = introspected('type Query { a: Int }');
    const inUse = await loadUpstreamSchema(source(polled));
    const { onChange, next } = changes();
    const poll = pollUpstreamSchemas([{ source: source(polled), inUse }], async (name, loaded) => {
      await onChange(name, loaded);
      if (loaded.text?.includes('b:')) throw new Error('does not compose');
    });
    answer = introspected('type Query { b: Int }');
    await next();
    answer = introspected('type Query { c: Int }');
    assert.match((await next()).text ?? '', /c: Int/);
    await poll.stop();
    const errors = notices.filter(({ level }) => level === 'error');
    assert.deepEqual(
      errors.map(({ message }) => message),
      ['the new schema of upstream "products" cannot be used: does not compose'],
    );
  });

  test('changes of several upstreams are told one after the other', async () => {
    answer = introspected('type Query { a: Int }');
    const inUse = await loadUpstreamSchema(source());
    const names = ['one', 'two'];
    const bothChanged = Promise.withResolvers<void>();
    const count = () => void (notices.length === names.length && bothChanged.resolve());
    subscribe('weft:notice', count);
    const bothTold = Promise.withResolvers<void>();
    const steps: string[] = [];
    const poll = pollUpstreamSchemas(
      names.map((name) => ({ source: source({ name, ...polled }), inUse: { ...inUse, text: 'other' } })),
      async () => {
        steps.push('begins');
        await bothChanged.promise;
        await new Promise((resolve) => setImmediate(resolve));
        if (steps.push('ends') === 4) bothTold.resolve();
      },
    );
    await bothTold.promise;
    await poll.stop();
    unsubscribe('weft:notice', count);
    assert.deepEqual(steps, ['begins', 'ends', 'begins', 'ends']);
  });

  test('looks at one upstream never overlap', async () => {
    const good = introspected('type Query { a: Int }');
    answer = good;
    const inUse = await loadUpstreamSchema(source(polled));
    let running = 0;
    let most = 0;
    let looks = 0;
    const enough = Promise.withResolvers<void>();
    const slow = await startFakeUpstream(async (call) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 4 * polled.pollMs));
      running -= 1;
      looks += 1;
      if (looks === 3) enough.resolve();
      return good(JSON.parse(call.body) as AskedOperation);
    });
    const poll = pollUpstreamSchemas([{ source: source(polled, slow.url), inUse }], () => {});
    await enough.promise;
    await poll.stop();
    await slow.close();
    assert.equal(most, 1);
  });

  test('an interval of 0 never looks', async () => {
    answer = introspected('type Query { a: Int }');
    const inUse = await loadUpstreamSchema(source());
    const quiet = await startFakeUpstream(() => answer({ query: '', variables: {} }));
    const polledSources = [source({ pollMs: 0 }, quiet.url), source({ name: 'other', ...polled })];
    const poll = pollUpstreamSchemas(
      polledSources.map((each) => ({ source: each, inUse })),
      () => {},
    );
    await asked(3);
    await poll.stop();
    assert.equal(quiet.requests.length, 0);
    await quiet.close();
  });

  test('stopping ends a look that runs, and no change is told afterwards', async () => {
    answer = introspected('type Query { a: Int }');
    const inUse = await loadUpstreamSchema(source(polled));
    const looking = Promise.withResolvers<void>();
    const hanging = await startFakeUpstream(() => looking.resolve());
    let told = 0;
    const poll = pollUpstreamSchemas([{ source: source(polled, hanging.url), inUse }], () => void (told += 1));
    await looking.promise;
    await poll.stop();
    assert.equal(await hanging.requests[0]?.closed, false);
    assert.equal(told, 0);
    assert.deepEqual(notices, []);
    await hanging.close();
  });
});
