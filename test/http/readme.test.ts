import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { countCalls, startDemoGateway, type DemoGateway } from '../support/start-gateway.ts';

const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');

/** Each command that README shows with its output. */
const shown = [...readme.matchAll(/```\n(curl [^\n]+)\n```\n\n```json\n(.*?)\n```/gs)].map(
  ([, command = '', output = '']) => ({
    command,
    output,
  }),
);

/** The words of a command line with single quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** Does what curl does with the few options that README uses. */
async function run(command: string, origin: string): Promise<unknown> {
  const words = wordsOf(command);
  const following = (flag: string) => words[words.indexOf(flag) + 1] ?? '';
  const url = new URL(words.find((word) => word.startsWith('http')) ?? '');
  const target = new URL(url.pathname, origin);
  if (!words.includes('--get') && !words.includes('-d')) return (await fetch(target)).json();
  if (words.includes('-d')) {
    const headers = { 'content-type': 'application/json' };
    assert.equal(following('-H'), 'content-type: application/json');
    return (await fetch(target, { method: 'POST', headers, body: following('-d') })).json();
  }
  const [name = '', file = ''] = following('--data-urlencode').split('@');
  target.searchParams.set(name, await readFile(new URL(`../../${file}`, import.meta.url), 'utf8'));
  return (await fetch(target)).json();
}

let gateway: DemoGateway;
before(async () => {
  gateway = await startDemoGateway();
});
after(() => gateway.close());

test('README shows the first query, a mutation of each kind and a REST call', () => {
  assert.equal(shown.length, 3);
});

for (const { command, output } of shown) {
  test(`README shows the true output of: ${command.slice(0, 70)}`, async () => {
    assert.deepEqual(await run(command, gateway.url), JSON.parse(output));
  });
}

test('README tells the upstream calls of its first query', async () => {
  gateway.takeCalls();
  await run(shown[0]?.command ?? '', gateway.url);
  const counted = countCalls(gateway.takeCalls());
  const told = [...readme.matchAll(/^\| (\w+) \| (\d+) \|/gm)].map(([, name, count]) => [name, Number(count)]);
  assert.deepEqual(Object.fromEntries(told), counted);
});
