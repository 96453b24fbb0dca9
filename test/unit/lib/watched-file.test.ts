import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { watchFile } from '../../../src/lib/watched-file.ts';

/** A file that is looked at when the test says so; `write` replaces it as a whole. */
async function watchTemporary(t: TestContext, absent: string | undefined) {
  const dir = await mkdtemp(join(tmpdir(), 'weft-watched-'));
  t.after(async () => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'file');
  const log: string[] = [];
  const watched = await watchFile<string>({
    ...{ file, absent, pollMs: 60_000 },
    read: async (text) => text.toUpperCase(),
    use: (value) => log.push(`use ${value}`),
    onProblem: (problem) => log.push(problem),
    onGood: () => log.push('good'),
  });
  t.after(watched.close);
  const write = async (text: string): Promise<void> => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  return { file, log, watched, write };
}

test('a file is read once for each of its changes', async (t) => {
  const { log, watched, write } = await watchTemporary(t, '');
  await write('a');
  await watched.look();
  await watched.look();
  await write('b');
  await watched.look();
  await watched.look();
  assert.deepEqual(log, ['use ', 'use A', 'use B']);
});

test('a file that goes has the value of none, where there may be none', async (t) => {
  const { file, log, watched, write } = await watchTemporary(t, 'none');
  await write('a');
  await watched.look();
  await rm(file);
  await watched.look();
  await watched.look();
  assert.deepEqual(log, ['use none', 'use A', 'use none']);
});

test('a file that must be there is missed, and not used anew when the same one is back', async (t) => {
  const { file, log, watched, write } = await watchTemporary(t, undefined);
  assert.equal(watched.problem(), 'there is no such file');
  await write('a');
  await watched.look();
  await rename(file, `${file}.away`);
  await watched.look();
  await rename(`${file}.away`, file);
  await watched.look();
  assert.deepEqual(log, ['use A', 'good', 'there is no such file', 'good']);
});
