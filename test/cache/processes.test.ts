import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../support/redis.ts';
import type { Answer, Order } from './worker.ts';

const program = fileURLToPath(new URL('worker.ts', import.meta.url));

async function ask(child: ChildProcess, order: Order): Promise<Answer> {
  const answered = once(child, 'message');
  child.send(order);
  const [answer] = (await answered) as [Answer];
  return answer;
}

test('over four processes 1,000 who miss one key at the same time cause one run, and an invalidation is seen by all', async (t) => {
  const server = await startRedis();
  t.after(server.close);
  const execArgv = ['--disable-warning=ExperimentalWarning'];
  const children = Array.from({ length: 4 }, () => fork(program, [server.url], { execArgv }));
  t.after(async () => {
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }),
    );
  });
  await Promise.all(children.map(async (child) => once(child, 'message')));
  const [first, ...others] = children as [ChildProcess, ...ChildProcess[]];
  const times: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const key = `key ${round}`;
    const order = { do: 'make', key, times: 250, tags: [`Tag:${round}`] } as const;
    const made = await Promise.all(children.map(async (child) => ask(child, order)));
    assert.equal(
      made.reduce((sum, { runs }) => sum + runs, 0),
      1,
      `runs of round ${round}`,
    );
    assert.equal(
      made.reduce((sum, { got }) => sum + got, 0),
      1000,
    );
    // Whoever found it elsewhere has it in memory from the first look on.
    const watching = others.map(async (child) => ask(child, { do: 'watch', key }));
    const { at } = await ask(first, { do: 'invalidate', tag: `Tag:${round}` });
    const seen = await Promise.all(watching);
    times.push(Math.max(...seen.map((answer) => answer.at)) - at);
  }
  times.sort((a, b) => a - b);
  const [median, worst] = [times[5] ?? NaN, times.at(-1) ?? NaN];
  t.diagnostic(
    `gone from the memory of all after ${median.toFixed(1)} ms (median), ${worst.toFixed(1)} ms (worst of 10)`,
  );
});
