import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TurnoverMap } from '../../../src/lib/turnover-map.ts';

test('holds what was set and not deleted, in the order in which it came', () => {
  const map = new TurnoverMap<number, string>();
  const known = new Map<number, string>();
  for (let step = 0; step < 5000; step += 1) {
    const key = (step * 7919) % 600;
    if (step % 3 === 2) assert.equal(map.delete(key), known.delete(key));
    else {
      map.set(key, `value ${step}`);
      known.set(key, `value ${step}`);
    }
    assert.equal(map.get(key), known.get(key));
    assert.equal(map.size, known.size);
  }
  assert.deepEqual([...map.keys()], [...known.keys()]);
});

interface Turning {
  readonly set: (key: object, value: object) => unknown;
  readonly delete: (key: object) => boolean;
}

/** Bytes that quick collections let grow old while entries come and go, a few of them there at any time. */
function grownOld(map: Turning): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { readonly type: 'major' | 'minor' }) => void;
  const oldBytes = (): number =>
    getHeapSpaceStatistics().find((each) => each.space_name === 'old_space')?.space_used_size ?? 0;
  const present: object[] = [];
  collect({ type: 'major' });
  const before = oldBytes();
  for (let step = 0; step < 50_000; step += 1) {
    const key = { held: Array.from({ length: 16 }, () => step) };
    map.set(key, key);
    present.push(key);
    if (present.length > 50) map.delete(present.shift() as object);
    if (step % 1000 === 0) collect({ type: 'minor' });
  }
  return oldBytes() - before;
}

test('what has gone is not kept by the tables that the map left behind', () => {
  const kept = grownOld(new TurnoverMap<object, object>());
  const keptByMap = grownOld(new Map<object, object>());
  assert.ok(kept * 4 < keptByMap, `${kept} bytes grew old, in a Map ${keptByMap}`);
});
