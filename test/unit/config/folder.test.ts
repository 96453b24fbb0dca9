import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigurationError } from '../../../src/config/configuration-error.ts';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { makeFolder, refusals, twoUpstreams } from './folder.ts';

test('files are linked by name; OpenAPI documents, declarations and folders below are not upstreams', async (context) => {
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'upstreams/users.openapi.yaml': 'openapi: 3.1.0',
    'upstreams/users.server.ts': '',
    'schema/gateway.graphql': 'type Query { a: ID }',
    'schema/operations/any.graphql': '',
    'resolvers/gateway.mjs': '',
    'resolvers/users.d.ts': '',
    'resolvers/shared/text.ts': '',
  });
  const folder = await loadGatewayFolder(dir, {});
  assert.equal(folder.dir, dir);
  assert.deepEqual(
    folder.upstreams.map(({ name }) => name),
    ['reviews', 'users'],
  );
  assert.deepEqual(folder.schemas, [
    { name: 'gateway', file: join(dir, 'schema/gateway.graphql'), text: 'type Query { a: ID }' },
    { name: 'users', file: join(dir, 'schema/users.graphql'), text: 'type Query { users: [ID!] }' },
  ]);
  assert.deepEqual(folder.resolvers, {
    gateway: join(dir, 'resolvers/gateway.mjs'),
    users: join(dir, 'resolvers/users.ts'),
  });
});

test('the checksum is that of the files as they stand, whatever the environment says', async (context) => {
  const files = {
    ...twoUpstreams,
    'gateway.yaml': 'port: ${P:-4000} # é\n',
    'upstreams/users.openapi.yaml': 'openapi: 3.1.0',
  };
  const checksum = async (changes: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = {}) =>
    (await loadGatewayFolder(await makeFolder(context, { ...files, ...changes }), env)).checksum;
  const bytes = files['gateway.yaml'] + files['upstreams/reviews.yaml'] + files['upstreams/users.yaml'];
  const expected = createHash('sha256').update(bytes).digest('hex');
  assert.equal(await checksum({}), expected);
  assert.equal(await checksum({}, { P: '5000' }), expected);
  assert.equal(await checksum({ 'upstreams/users.openapi.yaml': 'openapi: 3.1.1' }), expected);
  for (const file of ['gateway.yaml', 'upstreams/reviews.yaml', 'upstreams/users.yaml'] as const) {
    assert.notEqual(await checksum({ [file]: `${files[file]}# changed\n` }), expected, file);
  }
});

test('a missing folder, and a folder without gateway.yaml, are one clear line', async (context) => {
  const dir = await makeFolder(context, { 'other/gateway.yml': '', 'empty/readme': '' });
  assert.deepEqual(await refusals(join(dir, 'none')), [`there is no folder ${join(dir, 'none')}`]);
  const empty = join(dir, 'empty');
  assert.deepEqual(await refusals(empty), [
    `there is no gateway.yaml in ${empty}; an empty one is enough to begin with`,
  ]);
  const [line = ''] = await refusals(join(dir, 'other'));
  assert.match(line, /\(gateway\.yml is there: rename it\)$/);
});

test('errors of all files come at once, with file, line and column apart', async (context) => {
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'gateway.yaml': 'port: abc\nroutes:\n  - { path: /r, upstream: revews }\n',
    'upstreams/reviews.yaml': 'kind: federation\ntargets: nowhere\n',
    'upstreams/users.yaml': 'kind: rest\ntargets: http://users.test\ntimeout: 2\n',
    'schema/usrs.graphql': '',
  });
  await assert.rejects(loadGatewayFolder(dir, {}), (error: unknown) => {
    assert.ok(error instanceof ConfigurationError);
    assert.equal(error.code, 'CONFIGURATION_INVALID');
    assert.deepEqual(error.issues, [
      { file: 'gateway.yaml', line: 1, column: 7, message: 'port: expected an integer from 0 to 65535, got "abc"' },
      {
        file: 'gateway.yaml',
        line: 3,
        column: 27,
        message: 'routes[0].upstream: no upstream is named "revews", did you mean "reviews"?',
      },
      {
        file: 'upstreams/reviews.yaml',
        line: 2,
        column: 10,
        message: 'targets: expected embedded, or an http:// or https:// URL without query and fragment, got "nowhere"',
      },
      {
        file: 'upstreams/users.yaml',
        line: 3,
        column: 10,
        message:
          'timeout: expected a duration such as 800ms, or a mapping with the keys connect, headers, body, total, got 2',
      },
      {
        file: 'schema/usrs.graphql',
        line: 0,
        column: 0,
        message: 'no upstream is named "usrs", did you mean "users"?',
      },
    ]);
    return true;
  });
});

test('a file whose name links it to nothing, or twice, is refused', async (context) => {
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'upstreams/a-b.yaml': 'kind: federation\ntargets: http://a.test',
    'upstreams/gateway.yaml': 'kind: federation\ntargets: http://a.test',
    'upstreams/late.yml': '',
    'schema/zzzz.graphql': '',
    'schema/x.gql': '',
    'resolvers/reviws.mjs': '',
    'resolvers/users.js': '',
  });
  assert.deepEqual(await refusals(dir), [
    'upstreams/late.yml: is not read: rename it to late.yaml',
    'schema/x.gql: is not read: rename it to x.graphql',
    'upstreams/a-b.yaml: the name of an upstream has letters, digits and underscores only, got "a-b"',
    'upstreams/gateway.yaml: the name "gateway" is taken by the gateway itself',
    'schema/zzzz.graphql: no upstream is named "zzzz", known: a-b, gateway, reviews, users',
    'resolvers/reviws.mjs: no upstream is named "reviws", did you mean "reviews"? (shared code can stand in a folder below)',
    'resolvers/users.ts: resolvers/users.js has the same name; keep one of them',
  ]);
});

test('a REST upstream without schema or resolvers is told what it lacks', async (context) => {
  const dir = await makeFolder(context, {
    'gateway.yaml': '',
    'upstreams/users.yaml': twoUpstreams['upstreams/users.yaml'],
  });
  assert.deepEqual(await refusals(dir), [
    'upstreams/users.yaml:1:7 kind: a REST upstream needs schema/users.graphql, which is missing',
    'upstreams/users.yaml:1:7 kind: a REST upstream needs resolvers/users.ts, which is missing',
  ]);
});

test('the demo gateway loads', async () => {
  const { gateway, upstreams } = await loadGatewayFolder('.', {});
  assert.equal(gateway.port, 4000);
  assert.deepEqual(
    gateway.routes.map(({ path, upstream, stripPrefix }) => [path, upstream, stripPrefix]),
    [
      ['/api/users', 'users', '/api'],
      ['/api/orders', 'orders', '/api'],
    ],
  );
  assert.deepEqual(
    upstreams.map(({ name, kind }) => [name, kind]),
    [
      ['inventory', 'federation'],
      ['orders', 'rest'],
      ['products', 'graphql'],
      ['reviews', 'federation'],
      ['users', 'rest'],
    ],
  );
});
