import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wavesOf } from '../../../bench/waves.ts';

const timed = (path: string, arrivedMs: number, answeredMs: number) => ({
  call: { origin: 'http://upstream.example', method: 'GET', path, body: '' },
  arrivedMs,
  answeredMs,
});

const paths = (calls: Parameters<typeof wavesOf>[0]) => wavesOf(calls).map((wave) => wave.map(({ path }) => path));

describe('waves of recorded calls', () => {
  test('calls that overlap are one wave, whichever was answered first', () => {
    assert.deepEqual(paths([timed('/a', 0, 5), timed('/b', 1, 3), timed('/c', 2, 9)]), [['/a', '/b', '/c']]);
  });

  test('a call after the first answer starts the next wave', () => {
    assert.deepEqual(paths([timed('/a', 0, 5), timed('/b', 1, 9), timed('/c', 6, 10), timed('/d', 7, 11)]), [
      ['/a', '/b'],
      ['/c', '/d'],
    ]);
  });

  test('the order in which calls were written down does not matter', () => {
    assert.deepEqual(paths([timed('/b', 6, 10), timed('/a', 0, 5)]), [['/a'], ['/b']]);
  });
});
