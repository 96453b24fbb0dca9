import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { refusingUrl, startFakeUpstream, type FakeCall, type FakeUpstream } from '../support/fake-upstream.ts';
import { makeFolder, runWeft, weft, type WeftProcess } from '../support/run-weft.ts';
import { environmentOf, graphqlClient, startDemoServers } from '../support/start-gateway.ts';

const observatory = fileURLToPath(new URL('../fixtures/observatory', import.meta.url));

/** The smallest folder with a REST upstream. */
const small = {
  'gateway.yaml': 'port: 0\n',
  'upstreams/users.yaml': 'kind: rest\ntargets: http://127.0.0.1:1\n',
  'schema/users.graphql':
    'type User @key(fields: "id") {\n  id: ID!\n  name: String\n}\ntype Query { user(id: ID!): User }\n',
  'resolvers/users.ts': `import { rest } from 'weft';
const users = rest('users');
export const User = users.entity({ key: 'id', one: users.get('/users/{id}') });
export const Query = { user: User.one() };
`,
};

interface Refusal {
  readonly promise: string;
  readonly args: readonly string[];
  /** Files that make the folder in which the command runs. */
  readonly files?: Readonly<Record<string, string>>;
  readonly code: 1 | 2;
  /** Standard error, line by line. */
  readonly lines: readonly RegExp[];
}

const tryHelp = /^Try: weft help$/;

const refusals: readonly Refusal[] = [
  {
    promise: 'a folder that is not there',
    args: ['start', '--dir', 'nowhere'],
    code: 1,
    lines: [/^weft: there is no folder .*nowhere$/],
  },
  {
    promise: 'a folder without gateway.yaml',
    args: ['check'],
    code: 1,
    lines: [/^weft: there is no gateway\.yaml in /],
  },
  {
    promise: 'a supergraph file that is not there',
    args: ['start', '--supergraph', 'gone.graphql'],
    code: 1,
    lines: [/^weft: --supergraph gone\.graphql: there is no such file$/],
  },
  {
    promise: 'a supergraph file that is no supergraph',
    args: ['start', '--supergraph', 'plain.graphql'],
    files: { 'plain.graphql': 'type Query { a: Int }' },
    code: 1,
    lines: [/^weft: .*expected a supergraph with an enum "join__Graph"/],
  },
  {
    promise: 'a supergraph file that is not GraphQL',
    args: ['start', '--supergraph', 'broken.graphql'],
    files: { 'broken.graphql': 'type Query {\n  a: \n}' },
    code: 1,
    lines: [/^weft: broken\.graphql:3:1: Syntax Error/],
  },
  {
    promise: 'an unknown flag',
    args: ['start', '--prot', '1'],
    code: 2,
    lines: [/^weft: Unknown option '--prot'/, tryHelp],
  },
  {
    promise: 'a flag of another command',
    args: ['check', '--port', '1'],
    code: 2,
    lines: [/^weft: "weft check" takes no --port$/, tryHelp],
  },
  {
    promise: 'a port that is none',
    args: ['start', '--port', '70000'],
    code: 2,
    lines: [/^weft: --port: expected an integer from 0 to 65535, but got "70000"$/, tryHelp],
  },
  {
    promise: 'a stand-in that fails to load',
    args: ['start'],
    files: {
      ...small,
      'upstreams/users.yaml': 'kind: rest\ntargets: embedded\n',
      'upstreams/users.server.ts': "import './gone.ts';\n",
    },
    code: 1,
    lines: [/^weft: .*users\.server\.ts: Cannot find module '.*gone\.ts'/],
  },
  {
    promise: 'words that the command does not take',
    args: ['check', 'more', 'words'],
    code: 2,
    lines: [/^weft: "weft check" takes flags alone, but got "more words"$/, tryHelp],
  },
  {
    promise: 'a verb of config that there is not',
    args: ['config', 'show'],
    code: 2,
    lines: [/^weft: expected "config print" or "config schema \[gateway\|upstream\]", but got "config show"$/, tryHelp],
  },
  {
    promise: 'an unknown command',
    args: ['strat'],
    code: 2,
    lines: [/^weft: unknown command "strat", did you mean "start"\?$/, tryHelp],
  },
  {
    promise: 'what is not YAML, with its place',
    args: ['start'],
    files: { 'gateway.yaml': 'port: [1\nhost: a\n' },
    code: 1,
    lines: [/^weft: gateway\.yaml:2:1 is not YAML: /],
  },
  {
    promise: 'every error of every file at once, each with its place',
    args: ['check'],
    files: {
      ...small,
      'gateway.yaml': 'prot: 1\nroutes:\n  - { path: /a, upstream: usres }\n',
      'upstreams/users.yaml': 'kind: rest\ntargets: ftp://x\ntimeout: soon\n',
    },
    code: 1,
    lines: [
      /^weft: gateway\.yaml:1:1 prot: unknown key, did you mean "port"\?$/,
      /^weft: gateway\.yaml:3:27 routes\[0\]\.upstream: no upstream is named "usres", did you mean "users"\?$/,
      /^weft: upstreams\/users\.yaml:2:10 targets: /,
      /^weft: upstreams\/users\.yaml:3:10 timeout: /,
    ],
  },
  {
    promise: 'a resolvers file that does not parse, with its line',
    args: ['check'],
    files: {
      ...small,
      'resolvers/users.ts': "import { rest } from 'weft';\nconst users = rest('users'\nexport const User = 1;\n",
    },
    code: 1,
    lines: [/^weft: .*resolvers\/users\.ts:3: Expected ',', got 'export'$/],
  },
  {
    promise: 'a resolvers file that throws, with its line',
    args: ['check'],
    files: {
      ...small,
      'resolvers/users.ts': "import { rest } from 'weft';\nexport const User = rest('users').entity({ key: 'id' });\n",
    },
    code: 1,
    lines: [/^weft: .*resolvers\/users\.ts:2:\d+: entity of "users": must have "one" or "many"$/],
  },
  {
    promise: 'a contract that is not GraphQL, with its place',
    args: ['check'],
    files: { ...small, 'schema/users.graphql': 'type User {\n  id ID!\n}\n' },
    code: 1,
    lines: [/^weft: schema\/users\.graphql:2:6: CONTRACT: Syntax Error: /],
  },
  {
    promise: 'two upstreams that contradict each other, with both files',
    args: ['check'],
    files: {
      ...small,
      'upstreams/people.yaml': small['upstreams/users.yaml'],
      'schema/people.graphql':
        'type User @key(fields: "id") {\n  id: ID!\n  name: Int @shareable\n}\ntype Query { person(id: ID!): User }\n',
      'schema/users.graphql': small['schema/users.graphql'].replace('String', 'String @shareable'),
      'resolvers/people.ts': small['resolvers/users.ts'].replaceAll('users', 'people').replace('user:', 'person:'),
    },
    code: 1,
    lines: [/^weft: schema\/people\.graphql:3:3, schema\/users\.graphql:3:3: FIELD_TYPE_MISMATCH: .*"User\.name"/],
  },
];

describe('what cannot be done ends with plain lines and an exit code', { concurrency: 2 }, () => {
  for (const { promise, args, files = {}, code, lines } of refusals) {
    test(promise, async (t) => {
      const result = await weft(t, args, { cwd: await makeFolder(t, files) });
      checkLines(result.stderr, lines);
      assert.deepEqual([result.code, result.stdout], [code, '']);
    });
  }

  test('a port that is in use', async (t) => {
    const other = await startFakeUpstream(() => ({}));
    t.after(other.close);
    const { port } = new URL(other.url);
    const { code, stderr } = await weft(t, ['start', '--port', port], { cwd: await makeFolder(t, small) });
    checkLines(stderr, [new RegExp(`^weft: port ${port} on 127\\.0\\.0\\.1 is in use: `)]);
    assert.equal(code, 1);
  });
});

function checkLines(text: string, expected: readonly RegExp[]): void {
  const lines = text.trimEnd().split('\n');
  assert.equal(lines.length, expected.length, text);
  for (const [index, line] of lines.entries()) assert.match(line, expected[index] ?? /^$/);
  assert.doesNotMatch(text, /^\s+at /m);
}

describe('commands that print', { concurrency: 2 }, () => {
  test('check warns of N+1 by the name of the field, and ends well', async (t) => {
    const { code, stdout, stderr } = await weft(t, ['check', '--dir', observatory], {
      env: { STATE_DIR: await makeFolder(t, {}) },
    });
    const lines = stdout.trimEnd().split('\n');
    assert.match(
      lines[0] ?? '',
      /^warning: N\+1: "Network\.stations" makes one call per Network \(GET \/v2\/stations of upstream "stations"/,
    );
    assert.match(
      lines[1] ?? '',
      /^warning: N\+1: "Alert\.station" makes one call per Alert .*Query\.activeAlerts gives a list of them$/,
    );
    assert.match(lines.at(-1) ?? '', /^4 upstreams, \d+ types$/);
    assert.deepEqual([code, stderr, lines.length], [0, '', 3]);
  });

  test('check of the demo warns of the orders of users, which have no batch look-up, and of nothing else', async (t) => {
    const { code, stdout } = await weft(t, ['check']);
    const warnings = stdout.split('\n').filter((line) => line.startsWith('warning'));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /"User\.orders" makes one call per User/);
    assert.equal(code, 0);
  });

  test('check names an upstream of which no schema is known, and ends with 1', async (t) => {
    const env = { STATE_DIR: await makeFolder(t, {}), ALERTS_URL: await refusingUrl() };
    const { code, stdout } = await weft(t, ['check', '--dir', observatory], { env });
    assert.match(stdout, /^problem: upstream "alerts" gives no schema/m);
    assert.equal(code, 1);
  });

  test('config print hides secrets', async (t) => {
    const env = { STATIONS_KEY: 'planted-secret', READINGS_URL: 'http://user:planted-secret@readings.example/graphql' };
    const { code, stdout, stderr } = await weft(t, ['config', 'print', '--dir', observatory], { env });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /stations/);
    assert.match(stdout, /readings\.example/);
    assert.doesNotMatch(stdout, /planted-secret/);
  });

  test('config schema prints a JSON Schema', async (t) => {
    const { stdout } = await weft(t, ['config', 'schema', 'upstream']);
    assert.equal(typeof (JSON.parse(stdout) as { readonly $schema: string }).$schema, 'string');
  });

  test('help and version', async (t) => {
    assert.match((await weft(t, ['help'])).stdout, /weft start \[--dir FOLDER\]/);
    assert.match((await weft(t, ['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

test('compose prints a supergraph that start --supergraph runs', async (t) => {
  const demo = await startDemoServers();
  t.after(demo.close);
  const { code, stdout, stderr } = await weft(t, ['compose'], { env: demo.env });
  assert.deepEqual([code, stderr], [0, '']);

  const cwd = await makeFolder(t, { 'supergraph.graphql': stdout });
  const running = runWeft(t, ['start', '--supergraph', join(cwd, 'supergraph.graphql'), '--port', '0'], { cwd });
  const [, url = ''] = await running.printed(/GraphQL +(http:\S+)/);
  // REST upstreams live on their folder's resolvers, which a supergraph does not hold; the others are all there.
  const { data, errors } = await graphqlClient(url)(
    '{ latestReviews(first: 1) { rating product { inStock } } warehouses { city } }',
  );
  assert.deepEqual(errors, []);
  assert.match(JSON.stringify(data), /"inStock":(true|false)/);
});

describe('a signal', () => {
  interface Held {
    readonly running: WeftProcess;
    readonly call: FakeCall;
    readonly answer: Promise<Response>;
  }

  /** A gateway in the middle of a request whose upstream has not answered. */
  async function startHeld(t: TestContext): Promise<Held> {
    const arrived = Promise.withResolvers<FakeCall>();
    const stations: FakeUpstream = await startFakeUpstream((call) => arrived.resolve(call));
    t.after(stations.close);
    const env = { ...environmentOf({ stations: stations.url }), STATE_DIR: await makeFolder(t, {}) };
    const running = runWeft(t, ['start', '--dir', observatory], { env });
    const [, url = ''] = await running.printed(/GraphQL +(http:\S+)/);
    const query = new URLSearchParams({ query: '{ station(code: "X") { name } }' });
    const answer = fetch(`${url}?${String(query)}`);
    return { running, call: await arrived.promise, answer };
  }

  test('SIGTERM lets what runs finish, then ends with 0', async (t) => {
    const { running, call, answer } = await startHeld(t);
    running.kill('SIGTERM');
    await running.printed(/SIGTERM: finishing what runs/);
    call.response.writeHead(200, { 'content-type': 'application/json' });
    call.response.end(JSON.stringify({ data: { code: 'X', name: 'Late' } }));
    assert.deepEqual(await (await answer).json(), { data: { station: { name: 'Late' } } });
    const { code, stderr } = await running.ended;
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('a second SIGINT ends it at once with 130', async (t) => {
    const { running, answer } = await startHeld(t);
    const broken = assert.rejects(answer);
    running.kill('SIGINT');
    await running.printed(/SIGINT: finishing what runs/);
    running.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    await broken;
  });
});
