import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  freshSpanId,
  freshTraceId,
  printTraceparent,
  readTraceparent,
  readTracestate,
} from '../../../src/lib/trace-context.ts';
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
});

describe('Trace Context Level 2, 3.3 tracestate', () => {
  const many = (count: number): string => Array.from({ length: count }, (_, index) => `k${index}=v`).join(',');

  test('a valid one passes as it came, white space and empty members aside', () => {
    for (const value of ['a=1', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'fw529a3039@dt=FfZg', many(32), 'a= b']) {
      assert.equal(readTracestate(value), value, value);
    }
    assert.equal(readTracestate(' a=1 ,, b=2\t'), 'a=1,b=2');
    assert.equal(readTracestate(['a=1', 'b=2']), 'a=1,b=2');
  });

  test('one that is not valid, or has more than 32 members, is as none', () => {
    for (const value of [
      undefined,
      '',
      'a',
      '=1',
      'A=1',
      'a=',
      'a=1,b',
      'a=b=c',
      'a=\u00e9',
      many(33),
      `a=${'b'.repeat(257)}`,
    ]) {
      assert.equal(readTracestate(value), '', String(value));
    }
  });
});

test('fresh ids are random, and as long as they must be', () => {
  const traces = new Set(Array.from({ length: 1000 }, freshTraceId));
  const spans = new Set(Array.from({ length: 1000 }, freshSpanId));
  assert.deepEqual([traces.size, spans.size], [1000, 1000]);
  for (const id of traces) assert.match(id, /^[0-9a-f]{32}$/);
  for (const id of spans) assert.match(id, /^[0-9a-f]{16}$/);
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
