import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { PersistedConfig } from '../../src/config/limit-types.ts';
import { anonymous } from '../../src/identity/caller.ts';
import { sha256 } from '../../src/persisted/normal-form.ts';
import type { LimitEvent } from '../../src/telemetry/channels.ts';
import { openFor, staff, type Asking } from '../support/manifests.ts';
import { listenToNotices } from '../support/notices.ts';
import { makeFolder } from '../support/run-weft.ts';

const user = 'query User { user(id: 1) { name } }';
const orders = 'query Orders($n: Int = 3) { orders(first: $n, of: "a b") { id } }';
const manifest = { 'user-1': user, 'orders-1': orders };
const stranger = '{ secrets }';

type Mode = NonNullable<PersistedConfig['trusted']>['mode'];

async function open(t: TestContext, mode: Mode, automatic?: PersistedConfig['automatic']): Promise<Asking> {
  const folder = await makeFolder(t, { 'manifest.json': JSON.stringify(manifest) });
  const manifests = [{ from: 'file', file: join(folder, 'manifest.json') }] as const;
  return openFor(t, { config: { automatic, trusted: { mode, manifests, bypass: undefined } } });
}

const apq = { maxBytes: 100_000, maxAgeMs: 60_000 };

describe('trusted documents, in every mode,', () => {
  for (const mode of ['off', 'log', 'enforce'] as const) {
    test(`are served by id (${mode})`, async (t) => {
      const { ask, refusal } = await open(t, mode);
      assert.equal(await ask({ id: 'user-1' }), user);
      assert.equal(await ask({ id: 'user-1', query: '' }), user);
      for (const id of ['user-2', '__proto__', 'sha256:', 'sha256:user-2']) {
        assert.equal(await refusal({ id }), 'PERSISTED_QUERY_NOT_FOUND', id);
      }
    });

    test(`are served by the hash of their text too, with its prefix or without (${mode})`, async (t) => {
      const { ask } = await open(t, mode);
      assert.equal(await ask({ id: `sha256:${sha256(user)}` }), user);
      assert.equal(await ask({ id: sha256(user) }), user);
      assert.equal(await ask({ sha256: sha256(user) }), user);
    });

    test(`are served by an id and their own text, not another one (${mode})`, async (t) => {
      const { ask, refusal } = await open(t, mode);
      assert.equal(await ask({ id: 'user-1', query: user }), user);
      assert.equal(await ask({ id: 'user-1', query: `# a comment\n${user.replaceAll(' ', '\n  ')}` }), user);
      for (const query of [orders, stranger, '{', '"']) {
        assert.equal(await refusal({ id: 'user-1', query }), 'BAD_REQUEST', query);
        // Whoever may send any text may still not call it by another one's name.
        assert.equal(await refusal({ id: 'user-1', query }, staff), 'BAD_REQUEST', query);
      }
      assert.equal(await refusal({ id: 'user-2', query: user }), 'PERSISTED_QUERY_NOT_FOUND');
    });

    test(`are served at once, without a promise (${mode})`, async (t) => {
      const { persisted } = await open(t, mode);
      const request = { caller: anonymous, requestId: 'request-1' };
      const none = { query: undefined, id: undefined, sha256: undefined };
      assert.equal(persisted.resolve({ ...none, id: 'user-1' }, request), user);
      assert.equal(persisted.resolve({ ...none, query: user }, request), user);
      assert.equal(persisted.resolve({ ...none, sha256: sha256(orders) }, request), orders);
    });

    test(`a request that names nothing, or two documents, is malformed (${mode})`, async (t) => {
      const { refusal } = await open(t, mode, apq);
      assert.equal(await refusal({}), 'BAD_REQUEST');
      assert.equal(await refusal({ query: '', id: '', sha256: '' }), 'BAD_REQUEST');
      assert.equal(await refusal({ id: 'user-1', sha256: sha256(orders) }), 'BAD_REQUEST');
    });
  }
});

describe('a document that no manifest has', () => {
  test('is served as it came where the mode is off', async (t) => {
    const { ask } = await open(t, 'off');
    const notices = listenToNotices(t);
    assert.equal(await ask({ query: stranger }), stranger);
    assert.equal(await ask({ query: 'not even GraphQL' }), 'not even GraphQL');
    assert.deepEqual(notices.all, []);
  });

  test('is refused where the mode is enforce', async (t) => {
    const { ask, refusal } = await open(t, 'enforce');
    for (const query of [stranger, '{', '"', `${user} ${stranger}`, `${user}#\n{ x }`, user.replace('1', '2')]) {
      // The second time it is known for what it is.
      assert.equal(await refusal({ query }), 'OPERATION_NOT_TRUSTED', query);
      assert.equal(await refusal({ query }), 'OPERATION_NOT_TRUSTED', query);
    }
    assert.equal(await ask({ query: user }), user);
  });

  test('is served to callers who may send any', async (t) => {
    const { ask } = await open(t, 'enforce');
    assert.equal(await ask({ query: stranger }, staff), stranger);
  });

  test('is counted as refused, or as what would have been', async (t) => {
    const events: LimitEvent[] = [];
    const listen = (event: unknown): void => void events.push(event as LimitEvent);
    subscribe('weft:limit', listen);
    t.after(() => unsubscribe('weft:limit', listen));
    await (await open(t, 'enforce')).refusal({ query: stranger });
    await (await open(t, 'log')).ask({ query: stranger });
    await (await open(t, 'off')).ask({ query: stranger });
    const limit = 'trustedDocuments';
    assert.deepEqual(events, [
      { limit, outcome: 'refused', tier: undefined, requestId: 'request-1' },
      { limit, outcome: 'measured', tier: undefined, requestId: 'request-1' },
    ]);
  });

  test('is told once for each text where the mode is log, by name and hash alone', async (t) => {
    const { ask } = await open(t, 'log');
    const notices = listenToNotices(t);
    const secret = 'mutation Pay { pay(card: "planted") } query Look { look }';
    for (const query of [secret, secret, user, `  ${user}`, '{ broken'])
      assert.equal(typeof (await ask({ query })), 'string');
    await ask({ query: stranger }, staff);
    await ask({ query: stranger }, { ...staff, consumer: 'acme', id: 'consumer:acme' });
    assert.deepEqual(
      notices.all.map(({ level, message }) => `${level} ${message}`),
      [
        `warn Trusted documents: an anonymous caller was served mutation Pay, query Look (SHA-256 ${sha256(secret)}), which no manifest has, request request-1`,
        `warn Trusted documents: consumer:acme was served query without a name (SHA-256 ${sha256(stranger)}), which no manifest has, request request-1`,
      ],
    );
  });

  test('does not fill the log, however many there are', async (t) => {
    const { ask } = await open(t, 'log');
    const notices = listenToNotices(t);
    for (let index = 0; index < 200; index += 1) await ask({ query: `{ field${index} }` });
    assert.equal(notices.all.length, 60);
    assert.match(notices.all.at(-1)?.message ?? '', /Further ones are not told for a minute$/);
  });
});

describe('a trusted text', () => {
  test('is the one of the manifest, however a client writes it', async (t) => {
    const { ask } = await open(t, 'enforce');
    const random = seeded(7);
    for (let round = 0; round < 300; round += 1) {
      const of = random() < 0.5 ? user : orders;
      const query = rewritten(of, random);
      // Twice: the second time from memory.
      assert.equal(await ask({ query }), of, query);
      assert.equal(await ask({ query }), of, query);
    }
  });

  test('is another one as soon as one of its tokens is', async (t) => {
    const { refusal } = await open(t, 'enforce');
    const random = seeded(11);
    for (let round = 0; round < 300; round += 1) {
      const tokens = tokensOf(random() < 0.5 ? user : orders);
      const at = Math.floor(random() * tokens.length);
      const changed = [
        () => tokens.toSpliced(at, 1),
        () => tokens.toSpliced(at, 0, 'x'),
        () => tokens.with(at, '"a  b"'),
      ];
      const query = (changed[Math.floor(random() * changed.length)]?.() ?? []).join(' ');
      assert.equal(await refusal({ query }), 'OPERATION_NOT_TRUSTED', query);
    }
  });

  test('is not looked for in a text that is far longer than all of them', async (t) => {
    const { ask, refusal } = await open(t, 'enforce');
    assert.equal(await ask({ query: `${user}${' '.repeat(3000)}` }), user);
    assert.equal(await refusal({ query: `${user}${' '.repeat(20_000)}` }), 'OPERATION_NOT_TRUSTED');
  });
});

describe('automatic persisted queries beside trusted documents', () => {
  test('register trusted texts alone where the mode is enforce', async (t) => {
    const { ask, refusal } = await open(t, 'enforce', apq);
    const variant = user.replaceAll(' ', '  ');
    assert.equal(await refusal({ sha256: sha256(variant) }), 'PERSISTED_QUERY_NOT_FOUND');
    assert.equal(await ask({ sha256: sha256(variant), query: variant }), user);
    assert.equal(await ask({ sha256: sha256(variant) }), user);
    const strange = { sha256: sha256(stranger), query: stranger };
    assert.equal(await refusal(strange), 'PERSISTED_QUERY_NOT_SUPPORTED');
    assert.equal(await refusal({ sha256: strange.sha256 }), 'PERSISTED_QUERY_NOT_FOUND');
  });

  test('of a caller who may send any text are not served to others', async (t) => {
    const { ask, refusal } = await open(t, 'enforce', apq);
    const strange = { sha256: sha256(stranger), query: stranger };
    assert.equal(await ask(strange, staff), stranger);
    assert.equal(await ask({ sha256: strange.sha256 }, staff), stranger);
    assert.equal(await refusal({ sha256: strange.sha256 }), 'OPERATION_NOT_TRUSTED');
  });

  test('register any text where the mode is log, and tell of it once', async (t) => {
    const { ask } = await open(t, 'log', apq);
    const notices = listenToNotices(t);
    const strange = { sha256: sha256(stranger), query: stranger };
    assert.equal(await ask(strange), stranger);
    assert.equal(await ask({ sha256: strange.sha256 }), stranger);
    assert.equal(notices.all.length, 1);
  });

  test('that are not there: a hash finds trusted documents alone, and registers nothing', async (t) => {
    const { ask, refusal } = await open(t, 'off');
    assert.equal(await ask({ sha256: sha256(user), query: user }), user);
    assert.equal(await refusal({ sha256: sha256(stranger) }), 'PERSISTED_QUERY_NOT_SUPPORTED');
    const strange = { sha256: sha256(stranger), query: stranger };
    assert.equal(await refusal(strange), 'PERSISTED_QUERY_NOT_SUPPORTED');
  });

  test('a text under a hash that is not its own is a mismatch, also with the id of a trusted document', async (t) => {
    const { ask, refusal } = await open(t, 'log', apq);
    assert.equal(await refusal({ sha256: sha256(user), query: stranger }), 'PERSISTED_QUERY_MISMATCH');
    assert.equal(await refusal({ sha256: 'user-1', query: stranger }), 'PERSISTED_QUERY_MISMATCH');
    assert.equal(await ask({ sha256: 'user-1', query: user }), user);
    assert.equal(await ask({ sha256: 'user-1', id: 'user-1' }), user);
  });

  test('that were registered are looked at anew when a manifest has changed', async (t) => {
    const folder = await makeFolder(t, { 'manifest.json': JSON.stringify(manifest) });
    const file = join(folder, 'manifest.json');
    const trusted = { mode: 'enforce', manifests: [{ from: 'file', file }], bypass: undefined } as const;
    const { ask, refusal } = await openFor(t, { config: { automatic: apq, trusted } });
    const variant = { query: ` ${user}`, sha256: sha256(` ${user}`) };
    assert.equal(await ask(variant), user);
    const { seen } = listenToNotices(t);
    await writeFile(file, JSON.stringify({ 'orders-1': orders }));
    await seen(/trusted operations: 1$/);
    assert.equal(await refusal({ sha256: variant.sha256 }), 'OPERATION_NOT_TRUSTED');
    assert.equal(await refusal({ query: variant.query }), 'OPERATION_NOT_TRUSTED');
    assert.equal(await refusal({ id: 'user-1' }), 'PERSISTED_QUERY_NOT_FOUND');
  });
});

test('without manifests an id is not supported, and texts are served as they came', async (t) => {
  const { ask, refusal } = await openFor(t, { config: { automatic: undefined, trusted: undefined } });
  assert.equal(await refusal({ id: 'user-1' }), 'PERSISTED_QUERY_NOT_SUPPORTED');
  assert.equal(await ask({ query: stranger }), stranger);
});

/** Numbers from 0 up to 1, the same ones for a seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function tokensOf(text: string): string[] {
  return text.match(/"[^"]*"|\w+|[^\s\w,]/g) ?? [];
}

const gaps = [' ', '\n', '\t', ',', '  ', '\r\n', '# a "comment" {\n', '\uFEFF'];

function rewritten(text: string, random: () => number): string {
  const gap = (): string => gaps[Math.floor(random() * gaps.length)] ?? ' ';
  return tokensOf(text)
    .map((token) => `${gap()}${token}${random() < 0.3 ? gap() : ''}`)
    .join('');
}
