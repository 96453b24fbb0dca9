import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LineWriter } from '../../../../src/telemetry/logs/line-writer.ts';
import type { Line } from '../../../support/log-lines.ts';

const script = fileURLToPath(new URL('../../../support/log-child.ts', import.meta.url));

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function startChild(t: TestContext, count: number, end: string): Child {
  const args = ['--disable-warning=ExperimentalWarning', script, String(count), end];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function written(child: Child): Promise<void> {
  const [text]: unknown[] = await once(child.stderr, 'data');
  assert.match(String(text), /^written/);
  child.stderr.resume();
}

async function linesFrom(child: Child): Promise<readonly Line[]> {
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  await once(child, 'close');
  const text = Buffer.concat(parts).toString();
  assert.ok(text.endsWith('\n'));
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

function expectAll(lines: readonly Line[], count: number): void {
  assert.equal(lines.length, count);
  assert.ok(lines.every(({ requestId }, index) => requestId === `r${index}`));
}

// 2000 lines are about 900 KB: pieces are written, the pipe is full, and the last piece waits.
const count = 2000;

for (const [end, how] of [
  ['exit', 'exits'],
  ['throw', 'ends by an error that nobody caught'],
  ['end', 'has nothing more to do'],
]) {
  test(`no line is lost where the process ${how}`, async (t) => {
    const child = startChild(t, count, end ?? '');
    child.stderr.resume();
    expectAll(await linesFrom(child), count);
  });
}

test('no line is lost where a signal ends the process', async (t) => {
  const child = startChild(t, 3, 'sigterm');
  await written(child);
  child.kill('SIGTERM');
  expectAll(await linesFrom(child), 3);
});

test('a reader that stalls holds nobody up, and gets every line when it reads again', async (t) => {
  const child = startChild(t, count, 'input');
  await written(child);
  const lines = linesFrom(child);
  child.stdin.end();
  expectAll(await lines, count);
});

test('lines that a stalled reader leaves no room for are counted', async (t) => {
  const many = 60_000;
  const child = startChild(t, many, 'input');
  await written(child);
  let tail = '';
  child.stdout.on('data', (part: Buffer) => {
    tail = (tail + part.toString()).slice(-20_000);
    if (tail.includes('were lost')) child.stdin.end();
  });
  const lines = await linesFrom(child);
  const last = lines.at(-1);
  assert.equal(last?.['msg'], 'lines of the log were lost, as its reader was too slow');
  assert.ok(Number(last['lines']) > 0);
  assert.equal(lines.length - 1 + Number(last['lines']), many);
});

test('a reader that is gone ends the log and not the process', async (t) => {
  const child = startChild(t, 3, 'broken');
  await written(child);
  child.stdout.destroy();
  child.stdin.end();
  const [code]: unknown[] = await once(child, 'exit');
  assert.equal(code, 3);
});

test(
  'a full disk loses lines and says so when there is room again, not before',
  { skip: !existsSync('/dev/full') },
  (t) => {
    const fd = openSync('/dev/full', 'w');
    t.after(() => closeSync(fd));
    const told: number[] = [];
    const writer = new LineWriter({ fd, onLost: (lines) => told.push(lines) });
    writer.write('a\nb\n');
    writer.flush();
    assert.deepEqual(told, []);
    writer.flush();
    assert.deepEqual(told, [2]);
  },
);

test('what is written after the end is not', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'log');
  const fd = openSync(file, 'w');
  t.after(() => closeSync(fd));
  const writer = new LineWriter({ fd, onLost: () => assert.fail('nothing is lost') });
  writer.write('a\n');
  assert.equal(readFileSync(file, 'utf8'), '');
  writer.close();
  writer.write('b\n');
  writer.flush();
  assert.equal(readFileSync(file, 'utf8'), 'a\n');
});

test('many lines are written in one piece, before any time has passed', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'log');
  const fd = openSync(file, 'w');
  t.after(() => closeSync(fd));
  const writer = new LineWriter({ fd, onLost: () => assert.fail('nothing is lost') });
  const line = `${'ü'.repeat(999)}\n`;
  for (let index = 0; index < 17; index += 1) writer.write(line);
  assert.equal(readFileSync(file, 'utf8'), line.repeat(17));
  writer.close();
});
