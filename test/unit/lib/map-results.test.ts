import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapResults } from '../../../src/lib/map-results.ts';

test('every value is changed, in order', async () => {
  const source = async function* numbers() {
    yield 1;
    yield 2;
  };
  assert.deepEqual(await Array.fromAsync(mapResults(source(), (value) => value * 10)), [10, 20]);
});

test('a failure of the source comes through', async () => {
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('source failed')) }),
  };
  await assert.rejects(mapResults(source, (value) => value).next(), { message: 'source failed' });
});

test('"return" reaches the source while a value is awaited', async () => {
  let returned = 0;
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.withResolvers<IteratorResult<number>>().promise,
      return: () => {
        returned++;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const mapped = mapResults(source, (value) => value);
  void mapped.next();
  await mapped.return?.();
  assert.equal(returned, 1);
});
