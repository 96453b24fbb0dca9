import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { boundsByTier } from '../../../src/operation/documents/bounds-by-tier.ts';
import { defaultDocumentBounds, fixedDocumentBounds } from '../../../src/operation/documents/default-bounds.ts';
import { variablesExcess } from '../../../src/operation/documents/variables-excess.ts';

const bounds = { maxListItems: 3 };

describe('variables', () => {
  test('may have lists of as many items as the bound says, and none that is longer, at any level', () => {
    const list = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);
    for (const within of [
      (value: unknown) => ({ a: value }),
      (value: unknown) => ({ a: 1, b: { c: [null, { d: value }] } }),
      (value: unknown) => ({ a: [[], [value]] }),
    ]) {
      assert.equal(variablesExcess(within(list(3)), bounds), undefined);
      const expected = { bound: 'maxListItems', max: 3, came: 4, of: 'variables' };
      assert.deepEqual(variablesExcess(within(list(4)), bounds), expected);
      assert.equal(variablesExcess(within(list(4)), { maxListItems: undefined }), undefined);
    }
  });

  test('are no list themselves, and neither are objects and texts', () => {
    assert.equal(
      variablesExcess({ a: 1, b: 2, c: 3, d: 4, e: 'abcdef', f: { a: 1, b: 2, c: 3, d: 4 } }, bounds),
      undefined,
    );
  });

  test('are bounded in how deep they are, so that nothing that walks them overflows', () => {
    const nested = (levels: number): Record<string, unknown> => {
      let value: unknown = null;
      for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
      return { a: value };
    };
    const { maxNesting } = fixedDocumentBounds;
    assert.equal(variablesExcess(nested(maxNesting), bounds), undefined);
    assert.equal(variablesExcess(nested(maxNesting + 1), bounds)?.bound, 'maxNesting');
    assert.equal(variablesExcess(nested(100_000), bounds)?.bound, 'maxNesting');
  });
});

describe('bounds by tier', () => {
  const boundsOf = boundsByTier({
    bounds: defaultDocumentBounds,
    tiers: { free: { maxDepth: 4 }, enterprise: { maxDepth: undefined, maxAliases: 5000 } },
  });

  test('are what the tier says, and for the rest those for all', () => {
    assert.deepEqual(boundsOf('free'), { ...defaultDocumentBounds, maxDepth: 4 });
    assert.deepEqual(boundsOf('enterprise'), { ...defaultDocumentBounds, maxDepth: undefined, maxAliases: 5000 });
  });

  test('are those for all where there is no tier, or nothing is said of it', () => {
    for (const tier of [undefined, 'pro', 'constructor', '__proto__'])
      assert.equal(boundsOf(tier), defaultDocumentBounds);
  });

  test('are made once', () => {
    assert.equal(boundsOf('free'), boundsOf('free'));
  });
});
