import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withKeys } from '../../../bench/gateway-folders.ts';
import { readOptions } from '../../../bench/options.ts';
import { readCpuMs } from '../../../bench/process-use.ts';
import { scenarioTable, summaryTable, type Result } from '../../../bench/report.ts';
import type { Sample } from '../../../bench/types.ts';

const sample = (cpuMsPerRequest: number): Sample => ({
  cpuMsPerRequest,
  requestsPerSecond: 1000,
  p50Ms: 1,
  p99Ms: 2,
  peakMemoryMiB: 100,
  upstreamCallsPerRequest: 7,
});

const result = (entrant: string, outcome: Result['outcome']): Result => ({
  scenario: 'hop2',
  entrant,
  title: entrant.toUpperCase(),
  outcome,
});

describe('the tables of the bench', () => {
  const results = [
    result('a', [sample(0.3), sample(0.2), sample(0.9)]),
    result('base', [sample(0.1), sample(0.1), sample(0.1)]),
    result('b', { failed: 'wrong data' }),
  ];

  test('a row has the median with its spread and its proportion to the floor', () => {
    const rows = scenarioTable(results, 'base').split('\n').slice(2);
    assert.deepEqual(rows, [
      '| A | 0.300 | 0.200-0.900 | 3.00 | 1000 | 1.0 | 2.0 | 100 | 7.0 |',
      '| BASE | 0.100 | 0.100-0.100 | 1.00 | 1000 | 1.0 | 2.0 | 100 | 7.0 |',
      '| B | failed: wrong data |  |  |  |  |  |  |  |',
    ]);
  });

  test('the summary has no figure for an entrant that failed, and no proportion without a floor', () => {
    assert.deepEqual(summaryTable(results, 'base').split('\n').slice(2), [
      '| A | 0.300 (3.00) |',
      '| BASE | 0.100 (1.00) |',
      '| B | - |',
    ]);
    assert.match(summaryTable(results, 'none'), /A \| 0\.300 \(-\) \|/);
  });
});

describe('the options of the bench', () => {
  test('other gateways take part only where they are asked for', () => {
    const names = (argv: readonly string[]) => readOptions(argv).entrants.map(({ name }) => name);
    assert.ok(!names([]).includes('apollo'));
    assert.ok(names(['--peers']).includes('apollo'));
    assert.deepEqual(names(['--entrants', 'apollo,floor']), ['apollo', 'floor']);
  });

  test('what cannot be is refused', () => {
    assert.throws(() => readOptions(['--entrants', 'nobody']), /no entrant "nobody"/);
    assert.throws(() => readOptions(['--rounds', 'x']), /--rounds: expected a number above 0, got "x"/);
    assert.throws(() => readOptions(['--fast']), /--fast/);
  });
});

test('processor time is read past a program name with brackets and spaces', () => {
  const stat = '42 (node (x) y) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 11 0 0';
  assert.equal(readCpuMs(stat), 2000);
});

test('a key of a configuration is replaced, not repeated', () => {
  assert.equal(withKeys('kind: rest\npoll: 10s\n', { poll: 'off' }), 'kind: rest\npoll: "off"\n');
});
