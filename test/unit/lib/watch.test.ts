import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { watch, type Found, type Watched } from '../../../src/lib/watch.ts';

/** Something elsewhere, looked at when the test says so. */
async function watchValue(t: TestContext, load: (version: string | undefined) => Found<string> | undefined) {
  const used: string[] = [];
  const told: string[] = [];
  const watched: Watched = await watch<string>({
    pollMs: 60_000,
    load: async (version) => load(version),
    use: (value) => {
      if (value.startsWith('bad')) throw new TypeError(`it is ${value}`);
      used.push(value);
    },
    onProblem: (problem) => told.push(problem),
    onGood: () => told.push('good'),
  });
  t.after(watched.close);
  return { used, told, watched };
}

test('what is there is used once for each version', async (t) => {
  let version = '1';
  const { used, watched } = await watchValue(t, (known) =>
    known === version ? undefined : { version, value: `value ${version}` },
  );
  await watched.look();
  version = '2';
  await watched.look();
  await watched.look();
  assert.deepEqual(used, ['value 1', 'value 2']);
});

test('each problem is told once, and that all is good again', async (t) => {
  let value = 'good';
  const { used, told, watched } = await watchValue(t, (known) => {
    if (value === 'none') throw new Error('nothing is there');
    return known === value ? undefined : { version: value, value };
  });
  for (const next of ['bad', 'bad', 'none', 'none', 'bad', 'good', 'good', 'none', 'good']) {
    value = next;
    await watched.look();
  }
  assert.deepEqual(told, ['it is bad', 'nothing is there', 'it is bad', 'good', 'nothing is there', 'good']);
  // Back from nowhere in the version that is in use, it is not used anew.
  assert.deepEqual(used, ['good', 'good']);
});

test('a problem of the first look is for the caller to tell', async (t) => {
  const { told, watched } = await watchValue(t, () => ({ version: '1', value: 'bad' }));
  assert.equal(watched.problem(), 'it is bad');
  assert.equal(watched.goodAt(), -Infinity);
  assert.deepEqual(told, []);
});

for (const [promise, next] of [
  ['what is being looked at while it is closed is not used', () => ({ version: '2', value: 'value 2' })],
  ['what fails while it is closed is not told', () => assert.fail('nothing is there')],
] as const) {
  test(promise, async (t) => {
    let load = (): Found<string> => ({ version: '1', value: 'value 1' });
    const { used, told, watched } = await watchValue(t, () => load());
    load = next;
    const looking = watched.look();
    watched.close();
    await looking;
    assert.deepEqual([used, told], [['value 1'], []]);
  });
}
