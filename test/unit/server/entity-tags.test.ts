import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codings, type Coding } from '../../../src/server/accepted-coding.ts';
import { namedTag, tagOf } from '../../../src/server/entity-tags.ts';

const [json, own] = ['application/json', 'application/graphql-response+json'] as const;
const every: readonly Coding[] = [...codings, 'identity'];

describe('RFC 9110 8.8.3.3 Entity Tags', () => {
  test('each media type and each coding has a strong tag of its own', () => {
    const tags = [json, own].flatMap((mediaType) => every.map((coding) => tagOf('"a1"', { mediaType, coding })));
    assert.equal(new Set(tags).size, 8);
    for (const tag of tags) assert.match(tag, /^"a1[a-z-]*"$/);
    assert.equal(tagOf('"a1"', { mediaType: json, coding: 'identity' }), '"a1"');
  });
});

describe('RFC 9110 13.1.2 If-None-Match', () => {
  const chosen = { mediaType: json, coding: 'br', all: new Set<Coding>(['br', 'gzip', 'identity']) } as const;
  const named = (field: string): string | undefined => namedTag(field, '"a1"', chosen);

  for (const [title, field] of [
    ['the tag alone', '"a1-br"'],
    ['the weak tag', 'W/"a1-br"'],
    ['a list with it in the middle', '"x", "a1-br", "y"'],
    ['a list with empty members', ', ,"x" , ,\tW/"a1-br" ,,'],
    ['a list behind a tag that holds a comma', '"x,y","a1-br"'],
    ['anything at all', ' * '],
    ['the tag before what is no list', '"a1-br", nonsense'],
  ] as const) {
    test(`names the answer: ${title}`, () => assert.equal(named(field), '"a1-br"'));
  }

  for (const [title, field] of [
    ['another tag', '"a2-br"'],
    ['a longer tag', '"a1-brr"'],
    ['no quotes', 'a1-br'],
    ['an open quote', '"a1-br'],
    ['a quote too many', '""a1-br"'],
    ['a lower-case w', 'w/"a1-br"'],
    ['the tag behind what is no list', 'nonsense, "a1-br"'],
    ['tags without commas', '"x" "a1-br"'],
    ['* in a list', '"x", *'],
    ['nothing', ''],
    ['the tag of another media type', '"a1-g-br"'],
    ['the tag of a coding that this request does not take', '"a1-zstd"'],
  ] as const) {
    test(`does not name the answer: ${title}`, () => assert.equal(named(field), undefined));
  }

  test('another coding that this request takes is named by its own tag, and the chosen one before it', () => {
    assert.equal(named('"a1"'), '"a1"');
    assert.equal(named('W/"a1-gzip", "a1"'), '"a1-gzip"');
    assert.equal(named('"a1", "a1-gzip", "a1-br"'), '"a1-br"');
    assert.equal(namedTag('"a1-br", "a1-gzip"', '"a1"', { ...chosen, coding: 'gzip' }), '"a1-gzip"');
  });

  test('a field of the greatest length that a server reads is read in a moment', () => {
    // Far beyond what Node.js lets in: whatever grows faster than the length would not end.
    for (const field of ['"'.repeat(1_000_000), '"x",'.repeat(250_000), ' ,'.repeat(500_000), 'W/'.repeat(500_000)]) {
      assert.equal(named(field), undefined);
    }
  });
});
