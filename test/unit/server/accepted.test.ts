import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseMediaType } from '../../../src/lib/accept.ts';
import { prefersPage } from '../../../src/server/accepted.ts';

const types = ['application/json', 'text/html', 'TEXT/HTML', 'text/*', '*/*', 'application/*', 'image/png'];
const weights = ['', '', ';q=0', ';q=0.5', '; Q=0.9', ';level=1'];

test('a page is preferred exactly where accept puts it before both types of data', () => {
  let seed = 20;
  const pick = (list: readonly string[]): string => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return list[Math.floor((seed / 2 ** 32) * list.length)] ?? '';
  };
  const offered = ['application/json', 'application/graphql-response+json', 'text/html'] as const;
  const answers = new Set<boolean>();
  for (let round = 0; round < 5000; round += 1) {
    const accept = Array.from({ length: 1 + (round % 4) }, () => `${pick(types)}${pick(weights)}`).join(', ');
    const expected = chooseMediaType(accept, offered) === 'text/html';
    assert.equal(prefersPage(accept), expected, accept);
    answers.add(expected);
  }
  assert.equal(answers.size, 2);
  assert.equal(prefersPage(undefined), false);
});
