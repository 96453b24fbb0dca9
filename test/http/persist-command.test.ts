import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { UsageError, type PersistFlags } from '../../src/commands/arguments.ts';
import { persist } from '../../src/commands/persist.ts';
import { GatewayError } from '../../src/errors.ts';
import { makeFolder, weft } from '../support/run-weft.ts';
import { demoFolder } from '../support/start-gateway.ts';

const supergraph = `
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet) repeatable on OBJECT
directive @join__field(graph: join__Graph) repeatable on FIELD_DEFINITION
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { USERS @join__graph(name: "users", url: "http://127.0.0.1:1/graphql") }
type Query @join__type(graph: USERS) { user(id: ID!): User }
type User @join__type(graph: USERS) { id: ID! name: String }
`;

const operations = {
  'operations/user.graphql': 'query User { user(id: 1) { ...Name } }',
  'operations/deeper/name.gql': 'fragment Name on User { name }',
  'operations/deeper/other.graphql': 'query Other { user(id: 2) { id } }',
  'operations/notes.md': 'no operation',
  'operations/.hidden/bad.graphql': 'no operation',
  'operations/node_modules/some/bad.graphql': 'no operation',
};

async function folderWith(t: TestContext, more: Readonly<Record<string, string>> = {}): Promise<string> {
  return makeFolder(t, { 'supergraph.graphql': supergraph, ...operations, ...more });
}

describe('weft persist', { concurrency: 2 }, () => {
  test('prints the manifest of the operations of a folder, validated against the composed schema', async (t) => {
    const { code, stdout, stderr } = await weft(t, [
      'persist',
      '--dir',
      demoFolder,
      join(demoFolder, 'schema/operations'),
    ]);
    assert.equal(code, 0, stderr);
    const manifest = JSON.parse(stdout) as {
      readonly format: string;
      readonly operations: readonly { name: string }[];
    };
    assert.equal(manifest.format, 'apollo-persisted-query-manifest');
    assert.deepEqual(
      manifest.operations.map(({ name }) => name),
      ['Dashboard'],
    );
  });

  test('names all that is wrong, with file, line and column', async (t) => {
    const cwd = await folderWith(t, {
      'operations/bad.graphql': '{ user(id: 1) { id } }\nquery User { user { ...None } }',
    });
    const { code, stdout, stderr } = await weft(t, ['persist', 'operations', '--supergraph', 'supergraph.graphql'], {
      cwd,
    });
    assert.deepEqual([code, stdout], [1, '']);
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      'weft: operations/bad.graphql:1:1: expected a name for each operation, but got a query without one',
      'weft: operations/bad.graphql:2:14: Argument "Query.user(id:)" of type "ID!" is required, but it was not provided.',
      'weft: operations/bad.graphql:2:24: Unknown fragment "None".',
      'weft: operations/user.graphql:1:7: expected one operation "User", but got another one at operations/bad.graphql:2:7',
    ]);
  });
});

describe('weft persist, in this process,', () => {
  /** What the command says and ends with. */
  async function run(cwd: string, words: readonly string[], persistFlags: PersistFlags): Promise<number> {
    const none = { port: undefined, host: undefined, operation: undefined, keyFlags: {} };
    const paths = words.map((word) => join(cwd, word));
    return persist({ ...none, dir: '.', supergraph: join(cwd, 'supergraph.graphql'), words: paths, persistFlags });
  }

  test('writes a file that --check holds against the operations', async (t) => {
    const cwd = await folderWith(t);
    const out = join(cwd, 'manifest.json');
    // A file that is named twice counts once.
    const words = ['operations', 'operations/user.graphql'];
    const flags = { format: 'plain', out };
    const checking = async (): Promise<number> => run(cwd, words, { ...flags, check: true });
    const missing = /manifest\.json: expected what the operations give, but got no file that can be read\./;
    await assert.rejects(checking(), { code: 'BAD_REQUEST', message: missing });

    assert.equal(await run(cwd, words, flags), 0);
    const written = await readFile(out, 'utf8');
    const documents = (JSON.parse(written) as readonly { readonly document: string }[]).map(({ document }) => document);
    assert.deepEqual(documents, [
      'query Other{user(id:2){id}}',
      'query User{user(id:1){...Name}}fragment Name on User{name}',
    ]);
    assert.equal(await checking(), 0);
    // Nothing is left beside it.
    assert.deepEqual((await readdir(cwd)).toSorted(), ['manifest.json', 'operations', 'supergraph.graphql']);

    await writeFile(join(cwd, 'operations/deeper/other.graphql'), 'query Other { user(id: 3) { id } }');
    await assert.rejects(checking(), { message: /but got another text\. Run weft persist without --check$/ });
    assert.equal(await readFile(out, 'utf8'), written);
  });

  const refusals: readonly (readonly [
    words: readonly string[],
    flags: PersistFlags,
    kind: 'usage' | 'problem',
    message: RegExp,
  ])[] = [
    [[], {}, 'usage', /^expected files or folders of operations, but got none$/],
    [['operations'], { format: 'xml' }, 'usage', /^--format: expected one of: apollo, relay, plain, but got "xml"$/],
    [['operations'], { check: true }, 'usage', /^--check: expected --out with the file to check, but got none$/],
    [['nowhere'], {}, 'problem', /nowhere: there is no such file or folder$/],
    [['empty'], {}, 'problem', /^Expected operations, but got none in: .*empty$/],
    [['operations'], { out: '/nowhere/at/all.json' }, 'problem', /^--out \/nowhere\/at\/all\.json: ENOENT/],
  ];
  for (const [words, flags, kind, message] of refusals) {
    test(`refuses ${JSON.stringify([words, flags])}`, async (t) => {
      const cwd = await folderWith(t);
      await mkdir(join(cwd, 'empty'));
      const error: unknown = await run(cwd, words, flags).catch((cause: unknown) => cause);
      assert.ok(error instanceof UsageError || error instanceof GatewayError, String(error));
      assert.match(error.message, message);
      assert.equal(error instanceof UsageError, kind === 'usage');
    });
  }
});
