import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { readEntry, writeEntry } from '../../../src/cache/redis/entry-codec.ts';
import { readMessage, writeMessage } from '../../../src/cache/redis/message.ts';
import { entryOf } from '../../cache/rig.ts';

const headers = { 'content-type': 'text/plain', vary: ['accept', 'origin'], ['__proto__']: 'x' };
const entry = entryOf('gr\u00fc\u00df dich', { tags: ['User', 'User:\u00e4'], headers, status: 203 });
const versions = ['n0', 'n1', 'i2'];

describe('entries as values in Redis', () => {
  test('an entry is read as it was written, with any bytes as body', () => {
    for (const body of [new Uint8Array(0), new Uint8Array(randomBytes(70_000)), entry.body]) {
      for (const more of [{}, { keptUntil: entry.freshUntil + 5 }]) {
        const given = { ...entry, ...more, body: new Uint8Array(body) };
        assert.deepEqual(readEntry(writeEntry({ entry: given, versions })), { entry: given, versions });
      }
    }
  });

  test('the body that is read has memory of its own, not a part of what came from the socket', () => {
    const large = Buffer.concat([writeEntry({ entry, versions })], 65_536).subarray(0, 300);
    assert.equal(readEntry(large)?.entry.body.buffer.byteLength, readEntry(large)?.entry.body.byteLength);
  });

  test('values of another form are no entries: cut off, changed, made up', () => {
    const good = writeEntry({ entry, versions });
    const head = good.subarray(6, 6 + good.readUInt32BE(2)).toString();
    const withHead = (text: string): Buffer => {
      const start = Buffer.from(good.subarray(0, 6));
      start.writeUInt32BE(Buffer.byteLength(text), 2);
      return Buffer.concat([start, Buffer.from(text), Buffer.from('body')]);
    };
    assert.notEqual(readEntry(withHead(head)), undefined);
    for (const [from, to] of [
      ['"s":203', '"s":"203"'],
      ['"s":203', '"s":2.5'],
      ['"h":{', '"h":{"x":1,'],
      ['"h":{', '"h":[],"H":{'],
      ['"t":[', '"t":["now",'],
      ['"t":[', '"t":[1,2,'],
      ['"g":["User",', '"g":["User",7,'],
      ['"v":["n0",', '"v":['],
      ['"v":["n0"', '"v":[null'],
      [head, 'null'],
      [head, '"text"'],
      [head, '{'],
    ] as const) {
      assert.ok(head.includes(from), from);
      assert.equal(readEntry(withHead(head.replace(from, to))), undefined, `${from} became ${to}`);
    }
    for (let length = 0; length < 6 + head.length; length += 1)
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
