import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { readEntry, writeEntry, writeVersions, type StoredEntry } from '../../../src/cache/redis/entry-codec.ts';
import { readMessage, writeMessage } from '../../../src/cache/redis/message.ts';
import { entryOf } from '../../cache/rig.ts';

const headers = { 'content-type': 'text/plain', vary: ['accept', 'origin'], ['__proto__']: 'x' };
const entry = entryOf('gr\u00fc\u00df dich', { tags: ['User', 'User:\u00e4'], headers, status: 203 });
const versions = ['n0', 'n1', 'i2'];

function valueOf(stored: StoredEntry): Buffer {
  return Buffer.concat([Buffer.from(writeEntry(stored.entry)), Buffer.from(writeVersions(stored.versions))]);
}

describe('entries as values in Redis', () => {
  test('an entry is read as it was written, with any bytes as body', () => {
    for (const body of [new Uint8Array(0), new Uint8Array(randomBytes(70_000)), entry.body]) {
      for (const more of [{}, { keptUntil: entry.freshUntil + 5 }]) {
        const given = { ...entry, ...more, body: new Uint8Array(body) };
        assert.deepEqual(readEntry(valueOf({ entry: given, versions })), { entry: given, versions });
      }
    }
  });

  test('where the body is at hand as text, the same value is text', () => {
    const body = new TextEncoder().encode('plain text');
    const given = { ...entry, body };
    const { entry: read } = readEntry(valueOf({ entry: { ...given, text: 'plain text' }, versions })) ?? {};
    assert.equal(typeof writeEntry({ ...given, text: 'plain text' }), 'string');
    assert.deepEqual(read, given);
  });

  test('the body that is read has memory of its own, not a part of what came from the socket', () => {
    const large = Buffer.concat([valueOf({ entry, versions })], 65_536).subarray(
      0,
      valueOf({ entry, versions }).length,
    );
    assert.equal(readEntry(large)?.entry.body.buffer.byteLength, readEntry(large)?.entry.body.byteLength);
  });

  test('values of another form are no entries: cut off, changed, made up', () => {
    const good = valueOf({ entry, versions });
    const headEnd = 18 + Number.parseInt(good.toString('latin1', 2, 10), 16);
    const head = good.subarray(18, headEnd).toString();
    const withHead = (text: string): Buffer => {
      const length = Buffer.byteLength(text).toString(16).padStart(8, '0');
      const start = Buffer.from(`${good.toString('latin1', 0, 2)}${length}${good.toString('latin1', 10, 18)}${text}`);
      return Buffer.concat([start, good.subarray(headEnd)]);
    };
    assert.notEqual(readEntry(withHead(head)), undefined);
    const lengths = [good.toString('latin1', 2, 10), good.toString('latin1', 10, 18)];
    for (const digits of ['fffffff0', '-0000001', '       1', 'nonsense']) {
      for (const length of lengths) {
        assert.equal(readEntry(Buffer.from(good.toString().replace(length, digits))), undefined, digits);
      }
    }
    for (const others of [[], ['n0', 'n1'], [...versions, 'n3'], ['n0', 'n1', 'n,2']]) {
      assert.equal(readEntry(valueOf({ entry, versions: others })), undefined, `${others.length} versions`);
    }
    for (const [from, to] of [
      ['"s":203', '"s":"203"'],
      ['"s":203', '"s":2.5'],
      ['"h":{', '"h":{"x":1,'],
      ['"h":{', '"h":[],"H":{'],
      ['"t":[', '"t":["now",'],
      ['"t":[', '"t":[1,2,'],
      ['"g":["User",', '"g":["User",7,'],
      [head, 'null'],
      [head, '"text"'],
      [head, '{'],
    ] as const) {
      assert.ok(head.includes(from), from);
      assert.equal(readEntry(withHead(head.replace(from, to))), undefined, `${from} became ${to}`);
    }
    for (let length = 0; length < headEnd + entry.body.byteLength; length += 1)
      assert.equal(readEntry(good.subarray(0, length)), undefined);
    for (let size = 0; size < 200; size += 1) assert.equal(readEntry(randomBytes(size)), undefined);
  });

  test('messages of another form are none', () => {
    const message = { by: 'a', version: 'i1', tags: ['User'] };
    assert.deepEqual(readMessage(writeMessage(message)), message);
    for (const text of [
      '',
      'null',
      '[]',
      '{"by":"a","version":"i1"}',
      '{"by":"a","version":"i1","tags":[1]}',
      '{"by":1',
    ]) {
      assert.equal(readMessage(text), undefined, text);
    }
  });
});
