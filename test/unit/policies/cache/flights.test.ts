import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Flights } from '../../../../src/policies/cache/flights.ts';

interface Started {
  readonly signal: AbortSignal;
  readonly land: (value: string) => void;
  readonly fail: (error: Error) => void;
}

function rig() {
  const flights = new Flights<string>();
  const started: Started[] = [];
  const start = async (signal: AbortSignal): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    started.push({ signal, land: resolve, fail: reject });
    return promise;
  };
  return { flights, started, join: async (signal?: AbortSignal) => flights.join('k', signal, start) };
}

describe('requests that wait for one run', () => {
  test('start it once and get the same of it; the next one after it starts another', async () => {
    const { started, join, flights } = rig();
    const all = [join(), join(), join()];
    started[0]?.land('one');
    assert.deepEqual([started.length, await Promise.all(all), flights.has('k')], [1, ['one', 'one', 'one'], false]);
    const next = join();
    started[1]?.land('two');
    assert.equal(await next, 'two');
  });

  test('a run hears of none that leaves while others wait, the one that started it neither', async () => {
    const { started, join } = rig();
    const [first, second] = [new AbortController(), new AbortController()];
    const all = [join(first.signal), join(second.signal)];
    first.abort();
    assert.equal(started[0]?.signal.aborted, false);
    started[0]?.land('one');
    assert.deepEqual(await Promise.all(all), ['one', 'one']);
    second.abort();
    assert.equal(started[0]?.signal.aborted, false, 'who leaves after it has the answer ends nothing');
  });

  test('a run ends when all have left, and who comes then starts anew', async () => {
    const { started, join } = rig();
    const [first, second] = [new AbortController(), new AbortController()];
    const left = [join(first.signal), join(second.signal)];
    first.abort();
    second.abort(new Error('gone'));
    assert.deepEqual([started[0]?.signal.aborted, String(started[0]?.signal.reason)], [true, 'Error: gone']);
    const late = join();
    assert.equal(started.length, 2);
    started[0]?.fail(new Error('ended'));
    await Promise.allSettled(left);
    const joining = join();
    assert.equal(started.length, 2, 'the end of the old run is not that of the new');
    started[1]?.land('two');
    assert.deepEqual([await late, await joining], ['two', 'two']);
  });

  test('who has left before it began ends a run of its own alone', async () => {
    const { started, join } = rig();
    const gone = join(AbortSignal.abort());
    assert.equal(started[0]?.signal.aborted, true);
    const other = join();
    started[0]?.land('for nobody');
    started[1]?.land('one');
    assert.deepEqual([await gone, await other], ['for nobody', 'one']);
  });

  test('a failure is for all that wait, and is not remembered', async () => {
    const { started, join, flights } = rig();
    const all = [join(), join()];
    started[0]?.fail(new Error('no'));
    assert.deepEqual(
      (await Promise.allSettled(all)).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(flights.has('k'), false);
  });
});
