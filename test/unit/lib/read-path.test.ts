import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPath } from '../../../src/lib/read-path.ts';

test('a path leads to the value inside, or to undefined where it ends early', () => {
  const value = { a: { b: [{ c: 1 }], n: null } };
  assert.equal(readPath(value, ['a', 'b', '0', 'c']), 1);
  assert.equal(readPath(value, []), value);
  for (const path of [['x'], ['a', 'n', 'x'], ['a', 'b', '0', 'c', 'x']])
    assert.equal(readPath(value, path), undefined);
});

test('inherited names are no data', () => {
  for (const path of [['constructor'], ['__proto__'], ['a', 'toString'], ['text', 'length']]) {
    assert.equal(readPath({ a: {}, text: 'abc' }, path), undefined);
  }
});
