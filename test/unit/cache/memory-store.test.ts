import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { CodedBody } from '../../../src/lib/kept-answer.ts';
import { MemoryStore } from '../../../src/cache/memory/memory-store.ts';
import { createCacheStore } from '../../../src/cache/store.ts';
import type { Entry } from '../../../src/cache/types.ts';
import { entryOf, seeded, shown } from '../../cache/rig.ts';

const config = { maxBytes: 2 ** 20, maxEntryBytes: 100_000, timeoutMs: 10 };
const now = 1_000_000;

function memoryOnly(more: Partial<typeof config> = {}) {
  return createCacheStore({ redis: undefined, config: { ...config, ...more } });
}

function lasting(ms: number, more: Partial<Entry> = {}): Entry {
  return entryOf('text', { freshUntil: now + ms, ...more });
}

function bytesOf(form: CodedBody): Uint8Array {
  return typeof form === 'string' ? Buffer.from(form, 'latin1') : form;
}

describe('the store in memory', () => {
  test('a hit is answered at once, twice with the same object; what is unknown too', () => {
    const store = memoryOnly();
    store.set('a', entryOf('x'), store.stamp());
    const found = store.get('a');
    assert.ok(found !== undefined && !(found instanceof Promise));
    assert.equal(shown(found), 'x in memory');
    assert.equal(store.get('a'), found);
    assert.equal(store.get('b'), undefined);
    const { hits, misses } = store.counts();
    assert.deepEqual([hits, misses], [2, 1]);
  });

  test('an entry is there until the last of its times, and then gone with its tags', () => {
    for (const name of ['freshUntil', 'staleUntil', 'staleIfErrorUntil', 'keptUntil'] as const) {
      const memory = new MemoryStore(10_000);
      memory.set('a', lasting(-5, { tags: ['T'], [name]: now + 10 }), now);
      assert.notEqual(memory.get('a', now + 9), undefined, name);
      assert.equal(memory.get('a', now + 10), undefined, name);
      assert.deepEqual([memory.entries, memory.bytes], [0, 0]);
    }
  });

  test('expired entries that nobody asks for make room for those that come', () => {
    const memory = new MemoryStore(2 ** 20);
    for (let at = 0; at < 100; at += 1) memory.set(`a${at}`, lasting(10), now);
    for (let at = 0; at < 100; at += 1) memory.set(`b${at}`, lasting(1000), now + 20);
    assert.equal(memory.entries, 100);
  });

  test('an entry with an invalidated tag is gone before invalidate has returned; those without it stay', () => {
    const store = memoryOnly();
    store.set('a', entryOf('a', { tags: ['User', 'User:1'] }), store.stamp());
    store.set('b', entryOf('b', { tags: ['User', 'User:2'] }), store.stamp());
    void store.invalidate(['User:1']);
    assert.deepEqual([store.get('a'), shown(store.get('b') as never)], [undefined, 'b in memory']);
    void store.invalidate(['Order', 'User']);
    assert.equal(store.counts().entries, 0);
    store.set('c', entryOf('c'), store.stamp());
    void store.clear();
    assert.deepEqual([store.counts().entries, store.counts().bytes], [0, 0]);
  });

  test('what was begun before an invalidation of its tags is not stored; what was begun after is', () => {
    const store = memoryOnly();
    const before = store.stamp();
    void store.invalidate(['User:1']);
    store.set('a', entryOf('old', { tags: ['User:1'] }), before);
    store.set('b', entryOf('other', { tags: ['User:2'] }), before);
    assert.deepEqual([store.get('a'), shown(store.get('b') as never)], [undefined, 'other in memory']);
    store.set('a', entryOf('new', { tags: ['User:1'] }), store.stamp());
    assert.equal(shown(store.get('a') as never), 'new in memory');
    const cleared = store.stamp();
    void store.clear();
    store.set('c', entryOf('old'), cleared);
    assert.equal(store.get('c'), undefined);
  });

  test('a key that is set again has the new tags only', () => {
    const store = memoryOnly();
    store.set('a', entryOf('1', { tags: ['Old'] }), store.stamp());
    store.set('a', entryOf('2', { tags: ['New'] }), store.stamp());
    void store.invalidate(['Old']);
    assert.equal(shown(store.get('a') as never), '2 in memory');
    void store.invalidate(['New']);
    assert.equal(store.get('a'), undefined);
  });

  test('bodies above the bound of one entry are not kept', () => {
    const store = memoryOnly({ maxEntryBytes: 10 });
    store.set('a', entryOf('0123456789'), store.stamp());
    store.set('b', entryOf('0123456789+'), store.stamp());
    assert.equal(store.counts().entries, 1);
    assert.equal(store.get('b'), undefined);
  });

  test('more tags are made invalid than are remembered, and no entry from before is believed', () => {
    const memory = new MemoryStore(2 ** 20);
    memory.set('before', lasting(1000, { tags: ['User:1'] }), now);
    memory.deleteTag('User:1');
    memory.set('kept', lasting(1000, { tags: ['User:2'] }), now);
    for (let at = 0; at < 50_000; at += 1) memory.deleteTag(`Order:${at}`);
    assert.deepEqual([memory.get('before', now), memory.get('kept', now)], [undefined, undefined]);
    memory.set('after', lasting(1000, { tags: ['User:1', 'Order:1'] }), now);
    assert.notEqual(memory.get('after', now), undefined);
  });

  test('an entry that alone is above the bound of all takes the place of none', () => {
    const memory = new MemoryStore(5000);
    memory.set('a', lasting(10), now);
    memory.set('b', lasting(10, { body: new Uint8Array(6000) }), now);
    assert.deepEqual([memory.entries, memory.get('b', now)], [1, undefined]);
  });
});

describe('the bound in bytes', () => {
  test('holds with entries, tags and forms of random sizes', async () => {
    const random = seeded(6);
    const maxBytes = 300_000;
    const memory = new MemoryStore(maxBytes);
    for (let turn = 0; turn < 3000; turn += 1) {
      const key = `key ${Math.floor(random() * 500)}`;
      const tags = Array.from({ length: Math.floor(random() * 6) }, () => `T:${Math.floor(random() * 300)}`);
      const body = new Uint8Array(Math.floor(random() ** 4 * 40_000)).fill(turn);
      const entry = lasting(1000, { tags, body });
      const roll = random();
      if (roll < 0.7) memory.set(key, entry, now);
      else if (roll < 0.8) memory.delete(key);
      else if (roll < 0.9) memory.deleteTag(`T:${Math.floor(random() * 300)}`);
      else {
        const kept = memory.get(key, now);
        if (kept) await memory.encoded(key, kept.entry, 'gzip');
      }
      assert.ok(memory.bytes <= maxBytes, `${memory.bytes} bytes`);
    }
    assert.ok(memory.entries > 10);
    for (let at = 0; at < 500; at += 1) memory.delete(`key ${at}`);
    assert.deepEqual([memory.entries, memory.bytes], [0, 0]);
  });

  test('is one of the process: small bodies out of large buffers, long keys and many tags are all within it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const maxBytes = 8 * 2 ** 20;
    const used = async (): Promise<number> => {
      collect();
      // Buffers are given back after the collection.
      await pause(20);
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = await used();
    const memory = new MemoryStore(maxBytes);
    for (let at = 0; at < 40_000; at += 1) {
      const body = Buffer.from(randomBytes(4096).buffer, 0, 50 + (at % 100));
      const tags = Array.from({ length: at % 4 }, (_, tag) => `Type${tag}:${at}`);
      memory.set(`${'key'.repeat(30)}${at}`, lasting(1000, { body, tags }), now);
    }
    assert.ok(memory.bytes > maxBytes * 0.9);
    const taken = (await used()) - before;
    assert.ok(taken < maxBytes * 1.25, `${taken} bytes for ${memory.bytes} counted of ${memory.entries} entries`);
    assert.ok(memory.get('', now) === undefined);
  });
});

describe('compressed forms', () => {
  const text = 'all work and no play '.repeat(500);
  const decoders = { br: brotliDecompressSync, gzip: gunzipSync, zstd: zstdDecompressSync };

  test('each is made once however many ask at the same time, is kept with the entry and counted', async () => {
    const store = memoryOnly();
    store.set('a', entryOf(text), store.stamp());
    const found = store.get('a');
    assert.ok(found !== undefined && !(found instanceof Promise));
    for (const coding of ['br', 'gzip', 'zstd'] as const) {
      const bytes: number = store.counts().bytes;
      const { entry } = found;
      const ask = async (): Promise<CodedBody> => store.encoded('a', entry, coding);
      const forms: readonly CodedBody[] = await Promise.all(Array.from({ length: 5 }, ask));
      const [first, ...others] = forms;
      assert.ok(first !== undefined && others.every((form) => form === first), coding);
      assert.equal(decoders[coding](bytesOf(first)).toString(), text);
      assert.equal(store.encoded('a', found.entry, coding), first, 'at once from now on');
      assert.equal(store.counts().bytes, bytes + first.length);
    }
  });

  test('a short form is text with a byte in each character, a long one stays bytes', async () => {
    const store = memoryOnly();
    for (const [key, length] of [
      ['short', 2000],
      ['long', 40_000],
    ] as const) {
      const body = new Uint8Array(randomBytes(length));
      store.set(key, { ...entryOf(''), body }, store.stamp());
      const { entry } = store.get(key) as { readonly entry: Entry };
      const form = await store.encoded(key, entry, 'gzip');
      assert.equal(typeof form, key === 'short' ? 'string' : 'object');
      assert.deepEqual(new Uint8Array(gunzipSync(bytesOf(form))), body);
    }
  });

  test('who has just stored an entry gets the form that is kept, though its body was copied', async () => {
    const store = memoryOnly();
    const entry = entryOf('short');
    assert.notEqual(entry.body.byteLength, entry.body.buffer.byteLength);
    store.set('a', entry, store.stamp());
    const form = await store.encoded('a', entry, 'gzip');
    const found = store.get('a') as { readonly entry: Entry };
    assert.equal(store.encoded('a', found.entry, 'gzip'), form);
  });

  test('of an entry that is not kept any more it is made again, and the form of another answer is never given', async () => {
    const store = memoryOnly();
    const old = entryOf('old');
    store.set('a', old, store.stamp());
    await store.encoded('a', old, 'gzip');
    store.set('a', entryOf('new'), store.stamp());
    assert.equal(gunzipSync(bytesOf(await store.encoded('a', old, 'gzip'))).toString(), 'old');
    store.delete('a');
    assert.equal(gunzipSync(bytesOf(await store.encoded('a', old, 'gzip'))).toString(), 'old');
    assert.equal(store.counts().bytes, 0);
  });

  test('a form for which there is no room is given, not kept', async () => {
    const memory = new MemoryStore(7000);
    const entry = lasting(1000, { body: new Uint8Array(randomBytes(5000)) });
    memory.set('a', entry, now);
    const form = await memory.encoded('a', entry, 'gzip');
    assert.ok(form.length >= 5000);
    assert.ok(memory.encoded('a', entry, 'gzip') instanceof Promise);
    assert.ok(memory.bytes <= 7000 && memory.entries === 1);
  });
});
