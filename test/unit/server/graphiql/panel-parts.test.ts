import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { formatBytes, formatTime, isFailed, spanOf, ticksOf } from '../../../../src/server/graphiql/figures.ts';
import { linkCalls, readPlan } from '../../../../src/server/graphiql/read-plan.ts';
import { panelScript } from '../../../../src/server/graphiql/script.ts';
import type { TimelineCall } from '../../../../src/telemetry/timeline.ts';

describe('the plan in the panel', () => {
  const plan = `QueryPlan {
  Parallel {
    Include(if: $more) {
      Fetch(service: "users") {
        {
          Fetch(service: "a field that looks like a call") {
            id
          }
        }
      }
    }
    Fetch(service: "orders") {
      mutation {
        pay
      }
    }
  }
}
`;

  test('is read line by line, with the upstream of each fetch', () => {
    const lines = readPlan(plan);
    assert.equal(`${lines.map(({ text }) => text).join('\n')}\n`, plan);
    assert.deepEqual(
      lines.flatMap(({ upstream }, index) => (upstream === undefined ? [] : [[index, upstream]])),
      [
        [3, 'users'],
        [11, 'orders'],
      ],
    );
  });

  const calls = (...upstreams: readonly string[]) => upstreams.map((upstream) => ({ upstream }));

  test('is linked to all calls of an upstream that it fetches from once', () => {
    assert.deepEqual(linkCalls(['users', 'orders'], calls('users', 'orders', 'users')), [[0, 2], [1]]);
  });

  test('is linked in order where an upstream has a call for each fetch, else to all of its calls', () => {
    assert.deepEqual(linkCalls(['a', 'b', 'a'], calls('a', 'a', 'b')), [[0], [2], [1]]);
    assert.deepEqual(linkCalls(['a', 'a', 'b'], calls('a', 'a', 'a')), [[0, 1, 2], [0, 1, 2], []]);
  });
});

describe('figures of the panel', () => {
  test('are as long as they are exact', () => {
    assert.deepEqual([0.0204, 1.239, 12.34, 1234.5].map(formatTime), ['0.020 ms', '1.24 ms', '12.3 ms', '1235 ms']);
    assert.deepEqual([0, 999, 2048].map(formatBytes), ['0 B', '999 B', '2.0 kB']);
  });

  test('stand on a scale of at most six round moments, whatever the span', () => {
    for (const span of [0.001, 0.07, 1, 9.99, 10, 21.5, 60, 499, 30_000]) {
      const ticks = ticksOf(span);
      assert.ok(ticks.length >= 3 && ticks.length <= 6, `${span}: ${ticks.join(' ')}`);
      assert.ok(ticks.every((tick) => tick <= span));
      assert.match(String(Number(ticks[1]?.toPrecision(3))).replaceAll(/[0.]|e-?\d+/g, ''), /^[125]$/);
    }
  });

  const call: TimelineCall = {
    ...{ upstream: 'users', kind: 'graphql', method: 'POST', template: '', operationName: null, start: 3, wait: 0 },
    ...{ headers: 1, time: 4, isRunning: false, status: 200, error: null, source: 'upstream', attempts: 1, batch: 1 },
    ...{ requestBytes: 0, responseBytes: 0 },
  };

  test('span the whole request, and calls that outlast it', () => {
    const timeline = { version: 1, total: 5, upstream: 4, cache: null, phases: [], calls: [call] } as const;
    assert.equal(spanOf(timeline), 7);
    assert.equal(spanOf({ ...timeline, total: 9 }), 9);
    assert.ok(spanOf({ ...timeline, total: 0, calls: [] }) > 0);
  });

  test('tell a failed call by its error and by its status', () => {
    assert.equal(isFailed(call), false);
    assert.equal(isFailed({ ...call, status: 404 }), true);
    assert.equal(isFailed({ ...call, error: 'UPSTREAM_TIMEOUT' }), true);
  });
});

test('the script of the panel has every function of its folder', async () => {
  const script = panelScript();
  const folder = new URL('../../../../src/server/graphiql/', import.meta.url);
  for (const file of readdirSync(folder)) {
    if (file === 'script.ts') continue;
    const parts = (await import(new URL(file, folder).href)) as Readonly<Record<string, unknown>>;
    for (const [name, part] of Object.entries(parts)) {
      if (typeof part !== 'function') continue;
      assert.match(script, new RegExp(`^(?:async )?function ${name}\\(`, 'm'), `${name} of ${file}`);
    }
  }
});
