import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseMediaType, namesMediaType } from '../../../src/lib/accept.ts';

const offered = ['text/a', 'text/b', 'image/c'] as const;

describe('RFC 9110 12.5.1 Accept', () => {
  const cases: readonly [promise: string, accept: string | undefined, chosen: string | undefined][] = [
    ['no header takes the first that is offered', undefined, 'text/a'],
    ['an empty header takes the first that is offered', ' ', 'text/a'],
    ['anything takes the first that is offered', '*/*', 'text/a'],
    ['a type is taken by its name, whatever its case', 'Text/B', 'text/b'],
    ['a wildcard takes the first of its kind', 'image/*', 'image/c'],
    ['the greatest quality wins', 'text/a;q=0.2, text/b;q=0.3, image/c;q=0.1', 'text/b'],
    ['a missing quality is 1', 'text/a;q=0.999, text/b', 'text/b'],
    ['quality 0 refuses, though a wildcard allows', 'text/a;q=0, */*', 'text/b'],
    ['the most precise range gives the quality, whatever the order', '*/*;q=1, text/*;q=0.2, text/b;q=0.5', 'image/c'],
    ['of equal qualities what is named outright wins over a wildcard', '*/*, image/c', 'image/c'],
    ['of equal names the first in the header wins', 'text/b, text/a', 'text/b'],
    ['other parameters do not matter', 'text/b; charset=utf-8; q=0.5', 'text/b'],
    ['a quality that is none counts as 1', 'text/a;q=0.9, text/b;q=high', 'text/b'],
    ['nothing is chosen where nothing fits', 'audio/x, video/*', undefined],
    ['nothing is chosen where all is refused', '*/*;q=0', undefined],
  ];
  for (const [promise, accept, chosen] of cases) {
    test(promise, () => assert.equal(chooseMediaType(accept, offered), chosen));
  }

  test('a wildcard names no type, a quality of 0 neither', () => {
    assert.equal(namesMediaType('text/a, text/b', 'text/b'), true);
    assert.equal(namesMediaType('*/*, text/*', 'text/b'), false);
    assert.equal(namesMediaType('text/b;q=0', 'text/b'), false);
    assert.equal(namesMediaType(undefined, 'text/b'), false);
  });
});
