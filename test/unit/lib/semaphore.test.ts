import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Semaphore } from '../../../src/lib/semaphore.ts';

test('work beyond the limit waits its turn, first come first served', async () => {
  const turns = new Semaphore(2);
  const started: number[] = [];
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const all = gates.map(({ promise }, index) =>
    turns.run(async () => {
      started.push(index);
      await promise;
      return index;
    }),
  );
  assert.deepEqual(started, [0, 1]);
  gates[1]?.resolve();
  await all[1];
  assert.deepEqual(started, [0, 1, 2]);
  let isLateOneRunning = false;
  const late = turns.run(async () => void (isLateOneRunning = true));
  assert.equal(isLateOneRunning, false);
  for (const gate of gates) gate.resolve();
  assert.deepEqual(await Promise.all(all), [0, 1, 2, 3]);
  await late;
});

test('work that fails gives its turn on', async () => {
  const turns = new Semaphore(1);
  const failed = turns.run(() => Promise.reject(new Error('no')));
  const next = turns.run(async () => 'yes');
  await assert.rejects(failed, /no/);
  assert.equal(await next, 'yes');
  assert.equal(await turns.run(async () => 'again'), 'again');
});

test('a limit below 1 is refused', () => {
  for (const limit of [0, -1, 1.5, Number.NaN]) assert.throws(() => new Semaphore(limit), RangeError);
});
