import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DocumentBounds } from '../../../src/config/limit-types.ts';
import { defaultDocumentBounds, fixedDocumentBounds } from '../../../src/operation/documents/default-bounds.ts';
import { documentError } from '../../../src/operation/documents/excess.ts';
import { countWritten, scanText } from '../../../src/operation/documents/scan-text.ts';
import { times } from './documents-attacks.ts';

const unbounded: DocumentBounds = {
  maxBytes: undefined,
  maxTokens: undefined,
  maxDepth: undefined,
  maxAliases: undefined,
  maxRootFields: undefined,
  maxDirectives: undefined,
  maxFragments: undefined,
  maxListItems: undefined,
};

/** How much of one thing a text has: the least bound that it is within. */
function least(bound: keyof DocumentBounds, text: string): number {
  let max = 1;
  while (scanText(text, { ...unbounded, [bound]: max }) !== undefined) max += 1;
  return max;
}

describe('one pass over the text', () => {
  const amounts: readonly (readonly [keyof DocumentBounds, number, string])[] = [
    ['maxBytes', 6, '{ a }#'],
    ['maxBytes', 9, '{ a }#\u20AC'],
    ['maxTokens', 5, '{ a b #c\n }'],
    ['maxTokens', 8, '{ a(b: "c{d}e") }'],
    ['maxDepth', 3, '{ a { b { c } d } e }'],
    ['maxDepth', 2, '{ a { ... on B @skip(if: true) { ... { ... @skip(if: false) { c } } } } }'],
    ['maxDepth', 2, '{ a { ...F b(c: { d: { e: 1 } }) } } fragment F on A { b }'],
    ['maxDepth', 3, '{ ...on A { a } ...on A @b(c: { d: [1] }) { a { ...G on { c } } } }'],
    ['maxDepth', 3, '{ a } fragment F on A { a { b { c } } }'],
    ['maxAliases', 2, '{ a: b(c: d, e: { f: 1 }) { g: h } }'],
    ['maxAliases', 2, 'query A($a: Int, $b: Int) { a: b c: d } query B { a: b }'],
    [
      'maxRootFields',
      3,
      '{ a b: c { d e f } ... on Query { g } ...H @skip(if: true) } fragment H on Query { a b c d e }',
    ],
    ['maxRootFields', 2, 'query { a } mutation on { b c @d }'],
    ['maxRootFields', 1, '{ a: #b\n c @ #d\n e }'],
    ['maxDirectives', 3, 'query @a { b @c(d: 1) ... @e { f } }'],
    [
      'maxFragments',
      5,
      'query fragment { ...A ... { b } ...on C { d } } fragment A on D { e } fragment fragment on D { e }',
    ],
    ['maxListItems', 3, '{ a(b: [1, [1, 2], { c: 1, d: 2 }]) }'],
    ['maxListItems', 4, '{ a(b: [[1], ["a", $b, c, null]], c: 1, d: 2) }'],
    ['maxListItems', 2, 'query ($a: [Int!] = [1, 2]) { a }'],
  ];
  for (const [bound, amount, text] of amounts) {
    test(`finds ${amount} for ${bound} in ${text}`, () => {
      assert.equal(least(bound, text), amount);
    });
  }

  test('counts bytes, not characters', () => {
    assert.equal(scanText('#\u20AC\u20AC', { ...unbounded, maxBytes: 6 })?.came, 7);
    assert.equal(scanText('#\u20AC\u20AC', { ...unbounded, maxBytes: 7 }), undefined);
  });

  test('says where the document goes beyond a bound', () => {
    const excess = scanText('{\r\n  a\n  b: c\r  d: e\n}', { ...unbounded, maxAliases: 1 });
    assert.deepEqual(excess?.location, { line: 4, column: 4 });
  });

  test('ends at the first bound that is broken', () => {
    const excess = scanText(`{ a @b @c ${times(50, () => '...D')} }`, {
      ...unbounded,
      maxDirectives: 1,
      maxFragments: 1,
    });
    assert.equal(excess?.bound, 'maxDirectives');
  });

  test('bounds nesting of every kind, whatever the configuration says', () => {
    const { maxNesting } = fixedDocumentBounds;
    for (const [open, close, around] of [
      ['{a', '}', 0],
      ['...{', '}', 1],
      ['[', ']', 2],
      ['{a:', '}', 2],
    ] as const) {
      const text = (levels: number): string => {
        const nested = open.repeat(levels - around) + close.repeat(levels - around);
        return [nested, `{${nested}}`, `{a(b:${nested})}`][around] ?? '';
      };
      assert.equal(scanText(text(maxNesting), unbounded), undefined, open);
      assert.equal(scanText(text(maxNesting + 1), unbounded)?.bound, 'maxNesting', open);
    }
  });

  test('bounds operations, whatever the configuration says', () => {
    const { maxOperations } = fixedDocumentBounds;
    for (const operation of ['{a}', 'query A {a}', '"""why""" subscription {a}']) {
      const most = times(maxOperations, () => operation);
      assert.equal(scanText(`${most} fragment F on A {a}`, unbounded), undefined, operation);
      assert.equal(scanText(`${most} ${operation}`, unbounded)?.bound, 'maxOperations', operation);
    }
  });

  test('looks no further than where the text is no GraphQL: parsing tells that', () => {
    assert.equal(scanText(`{ a ~ ${times(500, () => '@b')} }`, defaultDocumentBounds), undefined);
    assert.equal(scanText(`{ a(b: "c) ${times(500, () => '@b')} }`, defaultDocumentBounds), undefined);
    assert.equal(scanText('} ] ) }', defaultDocumentBounds), undefined);
  });

  test('counts all that is written', () => {
    assert.deepEqual(countWritten('query A { a @b ...C } { d(e: [1, 2]) } fragment C on D { f } # \u20AC'), {
      bytes: 66,
      tokens: 28,
      directives: 1,
      fragments: 2,
      operations: 2,
      listItems: 2,
      nesting: 3,
    });
  });
});

describe('a refusal', () => {
  test('says what was expected, by which bound, and where', () => {
    const excess = scanText('{ a @b }', { ...unbounded, maxDirectives: undefined, maxTokens: 2 });
    assert.ok(excess);
    const { message, locations, originalError } = documentError(excess);
    assert.equal(message, 'Expected a document of at most 2 tokens, but got: more');
    assert.deepEqual(locations, [{ line: 1, column: 5 }]);
    const { code, exposed } = originalError as Error & { readonly code: string; readonly exposed: object };
    assert.deepEqual({ code, exposed }, { code: 'DOCUMENT_LIMIT_EXCEEDED', exposed: { limit: 'maxTokens', max: 2 } });
  });

  test('says how much came where that is known, and of what', () => {
    const base = { bound: 'maxAliases', max: 1, came: 5 } as const;
    assert.equal(
      documentError({ ...base, of: 'expanded' }).message,
      'Expected a document of at most 1 aliases in an operation, its fragments expanded, but got: 5',
    );
    assert.equal(
      documentError({ bound: 'maxListItems', max: 1, came: 5, of: 'variables' }).message,
      'Expected variables of at most 1 items in a list, but got: 5',
    );
  });
});
