import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WallClock } from '../../../../src/telemetry/traces/wall-clock.ts';

const origin = Date.UTC(2026, 0, 1);
const seconds = origin / 1000;

test('times are exact to the nanosecond, however long the process runs', () => {
  const clock = new WallClock(origin + 999.5);
  assert.deepEqual(clock.at(0), [seconds, 999_500_000]);
  assert.deepEqual(clock.at(0.500_001), [seconds + 1, 1]);
  assert.deepEqual(clock.at(86_400_000.000_25), [seconds + 86_400, 999_500_250]);
  // What rounds up to a whole second is one.
  assert.deepEqual(clock.at(0.499_999_9), [seconds + 1, 0]);
});

test('a time of day that was set is followed, and a jitter of a few milliseconds is not', () => {
  const clock = new WallClock(origin);
  clock.adjust(1000, origin + 1004);
  assert.deepEqual(clock.at(1000), [seconds + 1, 0]);
  clock.adjust(1000, origin + 61_000);
  assert.deepEqual(clock.at(1000), [seconds + 61, 0]);
  clock.adjust(1000, origin + 500);
  assert.deepEqual(clock.at(1000), [seconds, 500_000_000]);
});
