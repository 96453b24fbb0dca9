import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { childTraceparent, printTraceparent, readTraceparent } from '../../../src/lib/trace-context.ts';
import { readRequestId } from '../../../src/lib/request-id.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const valid = `00-${traceId}-${parentId}-01`;

describe('Trace Context Level 2, 3.2 traceparent', () => {
  test('a valid one is read and printed the same', () => {
    const read = readTraceparent(valid);
    assert.deepEqual(read, { traceId, parentId, flags: 1 });
    assert.equal(read && printTraceparent(read), valid);
  });

  test('one that is not valid is as none', () => {
    const wrong = [
      '',
      'x',
      `ff-${traceId}-${parentId}-01`,
      `00-${traceId}-${parentId}-01-more`,
      `00-${'0'.repeat(32)}-${parentId}-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-${parentId}-01`,
      `00-${traceId}-${parentId}-1`,
      `${valid}, ${valid}`,
    ];
    for (const value of wrong) assert.equal(readTraceparent(value), undefined, value);
    assert.equal(readTraceparent([valid, valid]), undefined);
  });

  test('a later version is read by the parts it shares', () => {
    assert.deepEqual(readTraceparent(`01-${traceId}-${parentId}-01-more`), { traceId, parentId, flags: 1 });
  });

  test('a child goes on with the trace and its flags under a parent of its own', () => {
    const child = readTraceparent(childTraceparent({ traceId, parentId, flags: 0xff }));
    assert.equal(child?.traceId, traceId);
    assert.notEqual(child?.parentId, parentId);
    assert.equal(child?.flags, 3);
  });

  test('without an incoming one a new trace begins, random and not sampled', () => {
    const first = readTraceparent(childTraceparent(undefined));
    const second = readTraceparent(childTraceparent(undefined));
    assert.equal(first?.flags, 2);
    assert.notEqual(first?.traceId, second?.traceId);
  });
});

describe('request id', () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

  test('a plain id of the client is kept', () => {
    for (const id of ['a', 'req-1.2_3', 'Root=1-67891233-abcdef012345678912345678', 'a'.repeat(128)]) {
      assert.equal(readRequestId(id), id);
    }
  });

  test('one that is empty, too long, or could forge a log line is replaced by a UUID', () => {
    for (const id of ['', 'a'.repeat(129), 'a b', 'a\n', 'a"b', 'a\\b', 'a,b', '<a>', '\u00e9']) {
      assert.match(readRequestId(id), uuid);
    }
    assert.match(readRequestId(undefined), uuid);
    assert.match(readRequestId(['a', 'b']), uuid);
  });
});
