import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { UsageError, type KeyFlag } from '../../src/commands/arguments.ts';
import { keys as keysCommand } from '../../src/commands/keys.ts';
import { GatewayError } from '../../src/errors.ts';
import { hashKey } from '../../src/identity/keys/key-record.ts';
import { readPasswordHash, verifyPassword } from '../../src/identity/passwords/password-hash.ts';
import { refusingUrl } from '../support/fake-upstream.ts';
import { startRedis } from '../support/redis.ts';
import { makeFolder, weft, type WeftResult } from '../support/run-weft.ts';

const parties = `
consumers:
  acme: { tier: gold }
  globex: {}
tiers:
  gold: {}
`;

const inFile = `port: 0
identity:
  providers:
    - { kind: api-key, file: ./keys.json }
  revocations: { file: ./revoked.json }
${parties}`;

const inRedis = `port: 0
redis: { url: "\${REDIS_URL}" }
identity:
  providers:
    - { kind: api-key, store: redis }
  revocations: { store: redis }
${parties}`;

const upstream = {
  'upstreams/users.yaml': 'kind: rest\ntargets: http://127.0.0.1:1\n',
  'schema/users.graphql': 'type Query { user: String }\n',
  'resolvers/users.ts': "import { rest } from 'weft';\nexport const Query = { user: rest('users').get('/user') };\n",
};

type Run = (...args: readonly string[]) => Promise<WeftResult>;

async function folderWith(t: TestContext, gateway: string): Promise<string> {
  return makeFolder(t, { ...upstream, 'gateway.yaml': gateway });
}

async function json(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}

const madeKey = /^weft_([0-9A-Za-z]{12})_([\w-]{43})\n$/;

describe('weft keys', { concurrency: 2 }, () => {
  /** Makes a key, revokes it, lists it; nothing but the one line has the key, and nothing has the password of the store. */
  async function makeAndRevoke(run: Run): Promise<{ key: string; id: string }> {
    const flags = ['--tier', 'gold', '--scopes', 'read:orders,write:orders', '--roles', 'partner', '--expires', '90d'];
    const made = await run('create', '--owner', 'acme', ...flags);
    const [, id = '', secret = ''] = madeKey.exec(made.stdout) ?? [];
    assert.notEqual(secret, '', made.stderr);
    assert.match(made.stderr, new RegExp(`^key ${id} of acme, expires \\d{4}-.*It is shown this once`));

    const revoked = await run('revoke', id);
    assert.match(revoked.stdout, new RegExp(`^key ${id} of acme: revoked \\d{4}-`));
    const listed = await run('list');
    const [head = '', row = '', ...more] = listed.stdout.trimEnd().split('\n');
    assert.match(head, /^ID +OWNER +TIER +SCOPES +ROLES +CREATED +STATE$/);
    const columns = `${id} {2}acme {3}gold {2}read:orders,write:orders {2}partner {2}\\d{4}\\S+ {2}revoked \\d{4}\\S+`;
    assert.match(row, new RegExp(`^${columns}$`));
    assert.deepEqual([more, made.code, revoked.code, listed.code], [[], 0, 0, 0]);
    const rest = [made.stderr, revoked.stdout, revoked.stderr, listed.stdout, listed.stderr].join('');
    assert.doesNotMatch(rest, new RegExp(`${secret}|planted`));
    return { key: made.stdout.trimEnd(), id };
  }

  test('makes, revokes and lists keys in a file, which keeps the hash of the whole key', async (t) => {
    const cwd = await folderWith(t, inFile);
    const { key, id } = await makeAndRevoke(async (...args) => weft(t, ['keys', ...args], { cwd }));
    const { keys } = (await json(join(cwd, 'keys.json'))) as { readonly keys: readonly Record<string, unknown>[] };
    assert.deepEqual(
      keys.map((record) => [record['id'], record['hash'], record['owner']]),
      [[id, hashKey(key).toString('base64url'), 'acme']],
    );
  });

  test('makes, revokes and lists keys in Redis', async (t) => {
    const server = await startRedis({ password: 'planted@secret' });
    t.after(server.close);
    const cwd = await folderWith(t, inRedis);
    await makeAndRevoke(async (...args) => weft(t, ['keys', ...args], { cwd, env: { REDIS_URL: server.url } }));
  });

  test('puts tokens, subjects and keys on the revocation list', async (t) => {
    const cwd = await folderWith(t, inFile);
    const { stdout } = await weft(t, ['keys', 'revoke-token', '--jti', 'token-1', '--until', '2099-12-31'], { cwd });
    assert.equal(stdout, 'jti token-1: revoked until 2099-12-31T00:00:00.000Z\n');
    assert.deepEqual(await json(join(cwd, 'revoked.json')), {
      jti: [{ id: 'token-1', until: '2099-12-31T00:00:00.000Z' }],
      subject: [],
      key: [],
    });
  });

  test('hash-password reads a password and prints its hash', async () => {
    const { code, stdout } = await hashPasswordOf('hunter2 ü\n');
    assert.equal(code, 0);
    assert.equal(await verifyPassword('hunter2 ü', readPasswordHash(stdout.trimEnd(), 'a test')), true);
  });

  test('hash-password takes no password of several lines, and does not show it', async () => {
    const { code, stdout, stderr } = await hashPasswordOf('planted\nplanted\n');
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^weft: expected a password in one line, but got control characters\n/);
  });

  test('hash-password takes no empty password', async (t) => {
    const { code, stdout, stderr } = await weft(t, ['keys', 'hash-password']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^weft: expected a password on standard input, but got nothing\n/);
  });
});

describe('weft keys refuses', () => {
  type Flags = Readonly<Partial<Record<KeyFlag, string>>>;

  /** What the command ends with, run in this process: all of these end before anything is printed. */
  async function refusal(dir: string, words: string, keyFlags: Flags = {}): Promise<Error> {
    const none = { supergraph: undefined, port: undefined, host: undefined, operation: undefined };
    try {
      await keysCommand({ ...none, dir, keyFlags, words: words.split(' ').filter((word) => word !== '') });
    } catch (error) {
      assert.ok(error instanceof UsageError || error instanceof GatewayError);
      return error;
    }
    return assert.fail('it was done');
  }

  const refusals: readonly (readonly [words: string, flags: Flags, kind: 'usage' | 'problem', message: RegExp])[] = [
    ['', {}, 'usage', /expected "keys create\|revoke\|list\|hash-password\|revoke-token", but got "keys"$/],
    ['toString', {}, 'usage', /but got "keys toString"$/],
    ['create', {}, 'usage', /expected --owner with the name of a consumer$/],
    ['create', { owner: 'acmee' }, 'usage', /--owner: expected one of: acme, globex, but got "acmee"$/],
    ['create', { owner: 'acme', tier: 'silver' }, 'usage', /--tier: expected one of: gold, but got "silver"$/],
    ['create', { owner: 'acme', expires: '2020-01-01' }, 'usage', /--expires: .* a time to come, .* got "2020-01-01"$/],
    ['create', { owner: 'acme', expires: 'soon' }, 'usage', /--expires: expected a time to come, .* got "soon"$/],
    ['create', { owner: 'acme', expires: '999999999999d' }, 'usage', /--expires: expected a time to come/],
    ['create acme', {}, 'usage', /"weft keys create": expected flags alone, but got "acme"$/],
    ['revoke', {}, 'usage', /"weft keys revoke": expected the id of a key, but got ""$/],
    ['revoke nobody', {}, 'problem', /there is no key with the id "nobody"$/],
    ['list', { owner: 'acme' }, 'usage', /"weft keys list" takes no --owner$/],
    ['revoke-token', {}, 'usage', /expected one of --jti, --subject and --key, but got 0$/],
    ['revoke-token', { jti: 'a', key: 'b' }, 'usage', /expected one of --jti, --subject and --key, but got 2$/],
  ];
  for (const [words, flags, kind, message] of refusals) {
    test(`"${['keys', words, JSON.stringify(flags)].join(' ')}"`, async (t) => {
      const error = await refusal(await folderWith(t, inFile), words, flags);
      assert.match(error.message, message);
      assert.equal(error instanceof UsageError, kind === 'usage');
    });
  }

  test('to choose one of several providers, and takes the one that is named', async (t) => {
    const two = inFile.replace(
      '    - { kind: api-key, file: ./keys.json }\n',
      '    - { kind: api-key, name: a, file: ./a.json }\n    - { kind: api-key, name: b, from: [{ header: x-b }], file: ./b.json }\n',
    );
    const dir = await folderWith(t, two);
    await writeFile(join(dir, 'b.json'), 'nonsense');
    assert.equal((await refusal(dir, 'list')).message, 'expected --provider with one of: a, b');
    assert.match((await refusal(dir, 'list', { provider: 'b' })).message, /b\.json: line 1: expected JSON/);
    assert.match((await refusal(dir, 'revoke x', { provider: 'a' })).message, /there is no key with the id "x"/);
    const unknown = await refusal(dir, 'list', { provider: 'c' });
    assert.equal(unknown.message, '--provider: expected one of: a, b, but got "c"');
  });

  test('what gateway.yaml has no store for', async (t) => {
    const dir = await folderWith(t, 'port: 0\n');
    const { message } = await refusal(dir, 'list');
    assert.equal(message, 'gateway.yaml: expected a provider of kind api-key, but got none');
    const revocation = await refusal(dir, 'revoke-token', { jti: 'a' });
    assert.equal(revocation.message, 'gateway.yaml: expected identity.revocations, but got none');
  });

  test('while Redis cannot be reached, and does not show its password', async (t) => {
    const { port } = new URL(await refusingUrl());
    const dir = await folderWith(t, inRedis.replace('${REDIS_URL}', `redis://:planted@127.0.0.1:${port}`));
    const { message } = await refusal(dir, 'list');
    assert.match(message, /^Redis cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:\d+/);
    assert.doesNotMatch(message, /planted/);
  });
});

async function hashPasswordOf(input: string): Promise<WeftResult> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'keys', 'hash-password'], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part));
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
