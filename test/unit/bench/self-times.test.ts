import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { selfTimes } from '../../../bench/self-times.ts';

const node = (id: number, functionName: string, url: string) => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
});

describe('self times of a profile', () => {
  const profile = {
    nodes: [
      node(1, '(idle)', ''),
      node(2, 'run', 'file:///home/weft/src/executor/run.ts'),
      node(3, 'parse', 'file:///home/weft/node_modules/@scope/name/deep/parse.js'),
      node(4, 'writev', ''),
      node(5, '(garbage collector)', ''),
      node(6, 'tick', 'node:internal/process/task_queues'),
    ],
    samples: [2, 3, 2, 1, 4, 5, 6, 1],
    timeDeltas: [0, 1000, 2000, 3000, 90_000, 4000, 5000, 6000],
  };
  const { busyMs, byPackage, byFunction } = selfTimes(profile, '/home/weft/');

  test('a sample lasts until the next, and what was idle does not count', () => {
    assert.equal(busyMs, 21);
  });

  test('functions are summed by package, room of src and module of Node, the largest first', () => {
    assert.deepEqual(byPackage, [
      { name: 'node:internal/process', ms: 6 },
      { name: '(garbage collector)', ms: 5 },
      { name: 'src/executor', ms: 4 },
      { name: '(built in)', ms: 4 },
      { name: '@scope/name', ms: 2 },
    ]);
  });

  test('a function is named with its place, without the machine it stands on', () => {
    assert.deepEqual(
      byFunction.find(({ ms }) => ms === 2),
      { name: 'parse @scope/name/deep/parse.js:10', ms: 2 },
    );
    assert.ok(byFunction.some(({ name }) => name === 'run src/executor/run.ts:10'));
  });
});
