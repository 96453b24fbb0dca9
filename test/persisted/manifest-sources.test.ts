import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, test, type TestContext } from 'node:test';
import type { ManifestSource } from '../../src/config/limit-types.ts';
import { openFor, startManifestServer, type Asking } from '../support/manifests.ts';
import { listenToNotices } from '../support/notices.ts';
import { makeFolder } from '../support/run-weft.ts';
import { until } from '../support/until.ts';

async function open(t: TestContext, ...manifests: readonly ManifestSource[]): Promise<Asking> {
  return openFor(t, {
    config: { automatic: undefined, trusted: { mode: 'enforce', manifests, bypass: undefined } },
  });
}

const manifestOf = (...names: readonly string[]): string =>
  JSON.stringify(Object.fromEntries(names.map((name) => [name, `{ ${name} }`])));

const notFound = 'PERSISTED_QUERY_NOT_FOUND';

describe('a manifest in a file', () => {
  async function openFile(t: TestContext, text: string): Promise<Asking & { readonly file: string }> {
    const file = join(await makeFolder(t, { 'manifest.json': text }), 'manifest.json');
    return { ...(await open(t, { from: 'file', file })), file };
  }

  test('is read anew when it changes', async (t) => {
    const notices = listenToNotices(t);
    const { ask, refusal, file } = await openFile(t, manifestOf('a', 'b'));
    assert.equal(await ask({ id: 'b' }), '{ b }');
    // Nothing is told of the start.
    assert.deepEqual(notices.all, []);
    await writeFile(`${file}.new`, manifestOf('a', 'c'));
    await rename(`${file}.new`, file);
    await notices.seen(/manifest\.json: trusted operations: 2$/);
    assert.equal(await ask({ id: 'c' }), '{ c }');
    assert.equal(await refusal({ id: 'b' }), notFound);
    assert.equal(await refusal({ query: '{ b }' }), 'OPERATION_NOT_TRUSTED');
  });

  test('that writes a text differently than before has it given so', async (t) => {
    const notices = listenToNotices(t);
    const { ask, file } = await openFile(t, manifestOf('a'));
    assert.equal(await ask({ id: 'a' }), '{ a }');
    await writeFile(`${file}.new`, '{ "a": "{a}" }');
    await rename(`${file}.new`, file);
    await notices.seen(/trusted operations: 1$/);
    assert.equal(await ask({ id: 'a' }), '{a}');
    assert.equal(await ask({ query: '{ a }' }), '{a}');
  });

  test('that becomes bad or goes is told, once, and what it said before goes on being used', async (t) => {
    const notices = listenToNotices(t);
    const { ask, file } = await openFile(t, manifestOf('a'));
    await writeFile(file, '{\n  "a": "{ a"\n}');
    const bad = await notices.seen(/"a": expected GraphQL/);
    assert.equal(bad.level, 'error');
    assert.match(bad.message, /^Trusted documents: .*manifest\.json: .* What it said before goes on being used$/);
    assert.equal(await ask({ id: 'a' }), '{ a }');
    await rm(file);
    await notices.seen(/manifest\.json: there is no such file\. What it said before/);
    assert.equal(await ask({ id: 'a' }), '{ a }');
    await writeFile(file, manifestOf('a', 'b'));
    const good = await notices.seen(/all is good again$/);
    assert.equal(good.level, 'info');
    assert.equal(await ask({ id: 'b' }), '{ b }');
    const told = notices.all.map(({ message }) => message.replace(/^.*manifest\.json: /, '').slice(0, 12));
    assert.deepEqual(told, ['"a": expecte', 'there is no ', 'trusted oper', 'all is good ']);
  });

  test('that is not there or is bad stops the start, with its name and place', async (t) => {
    const folder = await makeFolder(t, { 'bad.json': '{\n"a": \n}' });
    const cases = [
      ['none.json', /^Trusted documents: .*none\.json: there is no such file$/],
      ['bad.json', /^Trusted documents: .*bad\.json: line 3: expected JSON, but got something else$/],
      ['.', /^Trusted documents: .*: EISDIR/],
    ] as const;
    for (const [name, message] of cases) {
      const opening = open(t, { from: 'file', file: join(folder, name) });
      await assert.rejects(opening, { code: 'CONFIGURATION_INVALID', message });
    }
  });
});

describe('several manifests', () => {
  test('count together, in whichever format each is', async (t) => {
    const folder = await makeFolder(t, {
      'one.json': manifestOf('a', 'b'),
      'two.json': JSON.stringify([
        { id: 'c', document: '{ c }' },
        { id: 'a', document: '{a}' },
      ]),
    });
    const files = ['one.json', 'two.json'].map((name) => ({ from: 'file', file: join(folder, name) }) as const);
    const { ask } = await open(t, ...files);
    assert.deepEqual([await ask({ id: 'b' }), await ask({ id: 'c' })], ['{ b }', '{ c }']);
  });

  test('that have two texts for one id stop the start', async (t) => {
    const folder = await makeFolder(t, { 'one.json': manifestOf('a'), 'two.json': '{ "a": "{ other }" }' });
    const files = ['one.json', 'two.json'].map((name) => ({ from: 'file', file: join(folder, name) }) as const);
    await assert.rejects(open(t, ...files), {
      code: 'CONFIGURATION_INVALID',
      message: /two\.json: expected one text for each id, but another manifest has another one for: a$/,
    });
  });

  test('that come to have two texts for one id keep the former', async (t) => {
    const folder = await makeFolder(t, { 'one.json': manifestOf('a'), 'two.json': manifestOf('b') });
    const [one, two] = [join(folder, 'one.json'), join(folder, 'two.json')];
    const notices = listenToNotices(t);
    const { ask } = await open(t, { from: 'file', file: one }, { from: 'file', file: two });
    await writeFile(two, '{ "a": "{ other }" }');
    await notices.seen(/two\.json: expected one text for each id/);
    assert.deepEqual([await ask({ id: 'a' }), await ask({ id: 'b' })], ['{ a }', '{ b }']);
  });
});

describe('a manifest behind a URL', () => {
  test('is asked for with its headers and its ETag, and read anew when it changes', async (t) => {
    const server = await startManifestServer(t, manifestOf('a'));
    const notices = listenToNotices(t);
    const { ask } = await open(t, server.source);
    assert.equal(await ask({ id: 'a' }), '{ a }');
    await until(() => server.calls.length > 3);
    const [first, ...more] = server.calls;
    assert.deepEqual([first?.status, first?.headers['if-none-match']], [200, undefined]);
    assert.equal(first?.headers['authorization'], 'Bearer planted');
    for (const { status, headers } of more) assert.deepEqual([status, headers['if-none-match']], [304, '"v1"']);
    server.setText(manifestOf('a', 'b'));
    await notices.seen(/trusted operations: 2$/);
    assert.equal(await ask({ id: 'b' }), '{ b }');
    const { length } = server.calls;
    await until(() => server.calls.length > length + 1);
    assert.equal(server.calls.at(-1)?.headers['if-none-match'], '"v2"');
    assert.equal(notices.all.length, 1);
  });

  test('of a server without ETags is told as changed only where its text has changed', async (t) => {
    const server = await startManifestServer(t, manifestOf('a'));
    server.setHasEtag(false);
    const notices = listenToNotices(t);
    await open(t, server.source);
    await until(() => server.calls.length > 3);
    server.setText(manifestOf('b'));
    await notices.seen(/trusted operations: 1$/);
    assert.ok(server.calls.every(({ status }) => status === 200));
    assert.equal(notices.all.length, 1);
  });

  test('that cannot be had at the start is told, and known as soon as it can be', async (t) => {
    const server = await startManifestServer(t, manifestOf('a'));
    server.setMood('failing');
    const notices = listenToNotices(t);
    const { ask, refusal } = await open(t, server.source);
    assert.equal(await refusal({ id: 'a' }), notFound);
    assert.equal(await refusal({ query: '{ a }' }), 'OPERATION_NOT_TRUSTED');
    server.setMood('good');
    await notices.seen(/all is good again$/);
    assert.equal(await ask({ id: 'a' }), '{ a }');
    assert.equal(await ask({ query: '{a}' }), '{ a }');
    const place = server.source.url.replace(/\?.*/, '');
    assert.deepEqual(
      notices.all.map(({ level, message }) => `${level} ${message}`),
      [
        `warn Trusted documents: ${place}: expected status 200, but got: 500. Its documents are not known until it can be had`,
        `info Trusted documents: ${place}: trusted operations: 1`,
        `info Trusted documents: ${place}: all is good again`,
      ],
    );
  });

  test('goes on being used as it was last, whatever the server does', async (t) => {
    const server = await startManifestServer(t, manifestOf('a'));
    const notices = listenToNotices(t);
    const { ask } = await open(t, { ...server.source, timeoutMs: 50 });
    const troubles = [
      [() => server.setMood('failing'), /expected status 200, but got: 500\. What it said before goes on being used$/],
      [() => server.setMood('redirecting'), /expected status 200, but got: 302\. What/],
      [() => server.setMood('silent'), /no answer within 50 ms\. What/],
      [
        () => (server.setMood('good'), server.setText('<html>')),
        /line 1: expected JSON, but got something else\. What/,
      ],
      [() => server.setText(JSON.stringify('x'.repeat(10_000))), /expected 10000 bytes at most, but got more\. What/],
    ] as const;
    for (const [make, told] of troubles) {
      make();
      assert.equal((await notices.seen(told)).level, 'warn');
      assert.equal(await ask({ id: 'a' }), '{ a }');
    }
    server.setText(manifestOf('b'));
    await notices.seen(/all is good again$/);
    assert.equal(await ask({ id: 'b' }), '{ b }');
    assert.doesNotMatch(JSON.stringify(notices.all), /planted/);
  });

  test('that cannot be reached does not keep the gateway from starting', async (t) => {
    const server = await startManifestServer(t, '');
    const notices = listenToNotices(t);
    await open(t, { ...server.source, url: 'http://127.0.0.1:1/manifest' });
    assert.match(
      notices.all[0]?.message ?? '',
      /^Trusted documents: http:\/\/127\.0\.0\.1:1\/manifest: .*ECONNREFUSED/,
    );
  });

  test('may be compressed, and is bounded by what it is then', async (t) => {
    const small = gzipSync(manifestOf('a'));
    const bomb = gzipSync(`{ "a": "{ a }"${' '.repeat(100_000)} }`);
    const server = await startManifestServer(t, '');
    server.setBody(small, { 'content-encoding': 'gzip' });
    const notices = listenToNotices(t);
    const { ask } = await open(t, server.source);
    assert.equal(await ask({ id: 'a' }), '{ a }');
    assert.ok(bomb.length < server.source.maxBytes);
    server.setBody(bomb, { 'content-encoding': 'gzip' });
    await notices.seen(/expected 10000 bytes at most, but got more/);
  });

  test('is asked for no more once it is closed', async (t) => {
    const server = await startManifestServer(t, manifestOf('a'));
    const { persisted } = await open(t, server.source);
    await until(() => server.calls.length > 2);
    server.setMood('silent');
    const { length } = server.calls;
    await until(() => server.calls.length > length);
    await persisted.close();
    server.setMood('good');
    const after = server.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(server.calls.length, after);
  });
});
