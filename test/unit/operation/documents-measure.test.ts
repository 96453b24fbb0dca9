import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { getIntrospectionQuery, Kind, parse, type DocumentNode, type SelectionSetNode } from 'graphql';
import { defaultDocumentBounds, fixedDocumentBounds } from '../../../src/operation/documents/default-bounds.ts';
import { documentExcess } from '../../../src/operation/documents/document-excess.ts';
import type { Excess } from '../../../src/operation/documents/excess.ts';
import { measureDocument, type DocumentMeasure } from '../../../src/operation/documents/measure-document.ts';
import { scanText } from '../../../src/operation/documents/scan-text.ts';
import { variablesExcess } from '../../../src/operation/documents/variables-excess.ts';
import { randomQuery } from '../../support/random-query.ts';
import { attackedSchema, attacks, times } from './documents-attacks.ts';

function measure(text: string, operationName?: string): DocumentMeasure {
  return measureDocument(parse(text), operationName);
}

/** Whatever stops a document before it is validated. */
function stop(text: string, variables: Readonly<Record<string, unknown>> = {}): Excess | undefined {
  const bounds = defaultDocumentBounds;
  return scanText(text, bounds) ?? variablesExcess(variables, bounds) ?? documentExcess(measure(text), bounds);
}

/** By the reference: every fragment written out, again and again. */
function writtenOut(document: DocumentNode): {
  readonly fields: number;
  readonly aliases: number;
  readonly depth: number;
} {
  const fragments = new Map<string, SelectionSetNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node.selectionSet);
  }
  const found = { fields: 0, aliases: 0, depth: 0 };
  const walk = (node: SelectionSetNode | undefined, depth: number): void => {
    for (const selection of node?.selections ?? []) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) walk(fragments.get(selection.name.value), depth);
      else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, depth);
      else {
        found.fields += 1;
        if (selection.alias) found.aliases += 1;
        found.depth = Math.max(found.depth, depth);
        walk(selection.selectionSet, depth + 1);
      }
    }
  };
  for (const node of document.definitions) if (node.kind === Kind.OPERATION_DEFINITION) walk(node.selectionSet, 1);
  return found;
}

describe('the measure of a document', () => {
  test('is what its fragments come to when they are written out', () => {
    const argument = (): string => '1';
    for (let seed = 1; seed <= 300; seed += 1) {
      const { text } = randomQuery(attackedSchema, { seed, depth: 4, argument });
      const document = parse(text);
      const { fields, aliases, depth } = measureDocument(document);
      assert.deepEqual({ fields, aliases, depth }, writtenOut(document), text);
    }
  });

  test('counts root fields in fragments, and no others', () => {
    assert.equal(
      measure('{ a b: b ...F ... { c } } fragment F on Query { d e { f g h i j k l } ...G } fragment G on Q { h }')
        .rootFields,
      6,
    );
  });

  test('is of the operation that has most, or of the one that is named', () => {
    const text = 'query A { a { b { c } } } query B { a: b c: d e }';
    const pick = ({ depth, aliases, rootFields }: DocumentMeasure): object => ({ depth, aliases, rootFields });
    assert.deepEqual(pick(measure(text)), { depth: 3, aliases: 2, rootFields: 3 });
    assert.deepEqual(pick(measure(text, 'A')), { depth: 3, aliases: 0, rootFields: 1 });
    assert.deepEqual(pick(measure(text, 'B')), { depth: 1, aliases: 2, rootFields: 3 });
  });

  test('counts the fields of all operations together, and of fragments that nothing spreads', () => {
    assert.equal(
      measure('query A { a ...F } query B { ...F } fragment F on Q { b c } fragment G on Q { d }').fields,
      6,
    );
  });

  test('ends at the greatest safe integer', () => {
    const nest = times(
      200,
      (index) => `fragment F${index} on U { a: a { ...F${index + 1} } b: b { ...F${index + 1} } }`,
    );
    const { fields, aliases } = measure(`{ ...F0 } ${nest} fragment F200 on U { id }`);
    assert.deepEqual({ fields, aliases }, { fields: Number.MAX_SAFE_INTEGER, aliases: Number.MAX_SAFE_INTEGER });
  });

  test('of fragments that spread themselves ends, and counts them once', () => {
    const { depth, fields, aliases } = measure(
      '{ a { ...F } } fragment F on A { b: c { ...G } } fragment G on A { d { ...F } }',
    );
    assert.deepEqual({ depth, fields, aliases }, { depth: 3, fields: 3, aliases: 1 });
    assert.equal(measure('{ ...F } fragment F on A { ...F ...F }').fields, 0);
    assert.equal(measure('{ ...Nobody }').fields, 0);
  });

  test('of a chain of fragments bounds how deep they are within each other, not only what is written', () => {
    const chain = (length: number): string =>
      `{ ...F0 } ${times(length, (index) => `fragment F${index} on A { ... { ... { ...F${index + 1} } } }`)} fragment F${length} on A { a }`;
    assert.ok(measure(chain(50)).nesting <= fixedDocumentBounds.maxNesting);
    const { nesting } = measure(chain(5000));
    assert.ok(nesting > fixedDocumentBounds.maxNesting);
  });

  test('is the same of a document that has no text of its own', () => {
    const text = '{\n  a(b: [1, 2]) @c {\n    ...F\n  }\n}\n\nfragment F on A {\n  d\n}';
    assert.deepEqual(measureDocument(parse(text, { noLocation: true })), measure(text));
  });
});

describe('comparisons for merging', () => {
  test('are not counted where there are few fields', () => {
    assert.equal(measure(`{ ${times(100, () => 'a')} }`).overlaps, 0);
  });

  const pairs = (count: number): number => (count * (count - 1)) / 2;

  test('grow by the square of equal fields in one place, through fragments too', () => {
    assert.equal(measure(`{ ${times(120, () => 'a')} }`).overlaps, pairs(120));
    assert.equal(measure(`{ ${times(60, () => 'a ... on Q { a }')} }`).overlaps, pairs(120));
    assert.equal(measure(`{ ${times(60, () => 'a{b}')} }`).overlaps, 2 * pairs(60));
    assert.equal(measure(`{ ${times(120, (index) => `a${index}`)} }`).overlaps, 0);
    assert.equal(measure(`{ ${times(120, (index) => `a${index}: a`)} }`).overlaps, 0);
    assert.equal(measure(`{ ${times(120, (index) => `a: a${index}`)} }`).overlaps, pairs(120));
    const shared = `{ a { ...F } a { ...F } } fragment F on A { ${times(120, () => 'b')} }`;
    assert.equal(measure(shared).overlaps, pairs(2) + pairs(120) + Math.ceil((120 + 1) / 2));
  });

  test('are counted no further than beyond the bound', () => {
    assert.equal(measure(`{ ${times(3000, () => 'a{b}')} }`).overlaps, pairs(3000));
  });

  test('are no more than the bound lets pass where fragments spread each other in every order', () => {
    const plain = `p { ${times(100, (index) => `a${index}`)} }`;
    const spreads = times(6, (index) => `f${index} { ...F${index} }`);
    const fragments = times(6, (index) => `fragment F${index} on A { ${plain} ${spreads} }`);
    assert.ok(measure(`{ ...F0 } ${fragments}`).overlaps > fixedDocumentBounds.maxOverlaps);
  });

  test('are those of every operation', () => {
    const operation = (name: string): string => `query ${name} { ${times(120, () => 'a')} }`;
    assert.equal(measure(operation('A') + operation('B')).overlaps, 2 * 60 * 119);
  });
});

describe('documents built to explode', () => {
  for (const { name, query, variables, bound, unlessBytes } of attacks) {
    test(`${name}: refused by ${bound}`, () => {
      assert.equal(stop(query, variables)?.bound, bound);
      if (!unlessBytes) return;
      assert.equal(scanText(query, { ...defaultDocumentBounds, maxBytes: undefined })?.bound, unlessBytes);
    });
  }

  test('of fragments that spread themselves are left to validation, at no cost', () => {
    const wide = `{ user { ...F } } fragment F on User { ${times(90, () => 'best { ...F }')} }`;
    for (const text of [wide, '{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }']) {
      assert.equal(stop(text), undefined);
    }
  });
});

describe('the default bounds', () => {
  const real: readonly (readonly [string, string])[] = [
    ['the introspection of GraphiQL', getIntrospectionQuery({ schemaDescription: true, inputValueDeprecation: true })],
    ...[
      'schema/operations/dashboard.graphql',
      'bench/scenarios/heavy.graphql',
      'bench/scenarios/hop2-vars.graphql',
    ].map((file) => [file, readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')] as const),
  ];
  for (const [name, text] of real) {
    test(`let pass: ${name}`, () => assert.equal(stop(text), undefined));
  }

  test('let pass a page of 100 components, each with a fragment of its own', () => {
    const components = times(
      100,
      (index) => `fragment C${index} on User { id name x${index}: best { id ...D${index % 20} } }`,
    );
    const details = times(20, (index) => `fragment D${index} on User { id name worst { id name } }`);
    const places = times(10, (at) => `p${at}: user(id: ${at}) { ${times(10, (index) => `...C${at * 10 + index}`)} }`);
    assert.equal(stop(`query Page { ${places} } ${components} ${details}`), undefined);
  });
});

describe('a measure held against bounds', () => {
  test('breaks each bound by one too many, and not before', () => {
    const measured = measure('query A @a { a: b { c(d: [1, 2]) ...F } } fragment F on B { e f }');
    const counted = {
      maxBytes: 'bytes',
      maxTokens: 'tokens',
      maxDepth: 'depth',
      maxAliases: 'aliases',
      maxRootFields: 'rootFields',
      maxDirectives: 'directives',
      maxFragments: 'fragments',
      maxListItems: 'listItems',
    } as const;
    for (const [bound, name] of Object.entries(counted)) {
      const came = measured[name];
      assert.ok(came > 0, name);
      assert.equal(documentExcess(measured, { ...defaultDocumentBounds, [bound]: came }), undefined, bound);
      const excess = documentExcess(measured, { ...defaultDocumentBounds, [bound]: came - 1 });
      assert.deepEqual({ bound: excess?.bound, max: excess?.max, came: excess?.came }, { bound, max: came - 1, came });
      assert.equal(
        documentExcess({ ...measured, [name]: 1e15 }, { ...defaultDocumentBounds, [bound]: undefined }),
        undefined,
      );
    }
  });

  test('breaks the fixed bounds, whatever the configuration says', () => {
    const measured = measure('{ a }');
    for (const [bound, max] of Object.entries(fixedDocumentBounds)) {
      const name = `${bound[3]?.toLowerCase() ?? ''}${bound.slice(4)}`;
      assert.ok(name in measured, name);
      assert.equal(documentExcess({ ...measured, [name]: max }, defaultDocumentBounds), undefined);
      assert.equal(documentExcess({ ...measured, [name]: max + 1 }, defaultDocumentBounds)?.bound, bound);
    }
  });
});
