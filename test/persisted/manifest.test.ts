import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readManifest, type ManifestOperation } from '../../src/persisted/manifest.ts';
import { sha256 } from '../../src/persisted/normal-form.ts';

const read = async (value: unknown): Promise<readonly ManifestOperation[]> =>
  readManifest(typeof value === 'string' ? value : JSON.stringify(value), () => undefined);

const textsById = async (value: unknown): Promise<Record<string, string>> =>
  Object.fromEntries((await read(value)).map(({ id, known }) => [id, known.text]));

const apollo = (operations: unknown, more = {}): unknown => ({
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations,
  ...more,
});

describe('a manifest', () => {
  test('is read as Apollo writes it, with members that are not known', async () => {
    const operations = [
      { id: 'a', name: 'A', type: 'query', body: 'query A { a }' },
      { id: 'b', name: 'B', type: 'mutation', body: 'mutation B { b }', clientName: 'web' },
    ];
    assert.deepEqual(await textsById(apollo(operations, { comment: 'new' })), {
      a: 'query A { a }',
      b: 'mutation B { b }',
    });
  });

  test('is read as Relay writes it, whatever the ids are', async () => {
    const manifest = '{ "0f1e": "query A { a }", "operations": "{ b }", "format": "{ c }", "__proto__": "{ d }" }';
    const ids = (await read(manifest)).map(({ id, known }) => [id, known.text]);
    const expected = [
      ['0f1e', 'query A { a }'],
      ['operations', '{ b }'],
      ['format', '{ c }'],
      ['__proto__', '{ d }'],
    ];
    assert.deepEqual(ids, expected);
  });

  test('is read as a plain list, where the SHA-256 of a text is its id by default', async () => {
    const list = [
      { id: 'a', name: 'A', document: 'query A { a }' },
      { name: 'B', body: 'query B { b }' },
      { text: '{ c }' },
    ];
    assert.deepEqual(await textsById(list), {
      a: 'query A { a }',
      [sha256('query B { b }')]: 'query B { b }',
      [sha256('{ c }')]: '{ c }',
    });
  });

  test('may be empty, in each format', async () => {
    for (const manifest of [apollo([]), {}, []]) assert.deepEqual(await read(manifest), []);
  });

  test('may have one text under two ids, and one id twice with the same text', async () => {
    const list = [
      { id: 'a', text: '{ a }' },
      { id: 'b', text: '{ a }' },
      { id: 'a', text: '{a}' },
    ];
    assert.deepEqual(
      (await read(list)).map(({ id }) => id),
      ['a', 'b', 'a'],
    );
  });

  test('may have fragments, and several operations in one text', async () => {
    const text = 'query A { ...F } query B { ...F } fragment F on Query { a }';
    assert.deepEqual(await textsById({ a: text }), { a: text });
  });

  const refusals: readonly (readonly [what: string, manifest: unknown, message: RegExp])[] = [
    ['that is no JSON', '{\n  "a": "{ a }",\n  b\n}', /^line 3: expected JSON, but got something else$/],
    ['that is a text', '"a"', /^the manifest: expected an object or a list, but got: "a"$/],
    [
      'of another format',
      { ...(apollo([]) as object), format: 'x' },
      /^format: expected "apollo-persisted-query-manifest", but got: "x"$/,
    ],
    ['of no format', { operations: [] }, /^format: expected "apollo-persisted-query-manifest", but got: nothing$/],
    ['of another version', apollo([], { version: 2 }), /^version: expected 1, but got: 2$/],
    ['whose operations are no list', apollo({}), /^operations: expected a list, but got: an object$/],
    [
      'with an operation without a text',
      apollo([{ id: 'a' }]),
      /^operations\[0\]\.body: expected a text, but got: nothing$/,
    ],
    [
      'with an operation without an id',
      apollo([{ body: '{ a }' }]),
      /^operations\[0\]\.id: expected a text, but got: nothing$/,
    ],
    [
      'with an empty id',
      apollo([{ id: '', body: '{ a }' }]),
      /^operations\[0\]\.id: expected a text, but got: an empty one$/,
    ],
    ['with an entry that is no object', [1], /^\[0\]: expected an object, but got: 1$/],
    [
      'with no text in an entry',
      [{ id: 'a' }],
      /^\[0\]: expected one of the members document, body and text, but got: none$/,
    ],
    ['with two texts in an entry', [{ body: '{ a }', text: '{ b }' }], /^\[0\]: .*, but got: body and text$/],
    ['with a list for a text', { a: ['{ a }'] }, /^"a": expected a text, but got: a list$/],
    [
      'with a text that is no GraphQL',
      { a: '{ a }', b: 'query B {\n  b(' },
      /^"b": expected GraphQL, but got: Syntax Error: .* \(line 2, column 5 of it\)$/,
    ],
    [
      'with a schema',
      [{ text: 'type Query { a: Int }' }],
      /^\[0\]\.text: expected operations and fragments, but got: ObjectTypeDefinition$/,
    ],
    [
      'with fragments alone',
      { a: 'fragment F on Query { a }' },
      /^"a": expected an operation, but got fragments alone$/,
    ],
    [
      'with two texts for one id',
      [
        { id: 'a', text: '{ a }' },
        { id: 'a', text: '{ b }' },
      ],
      /^expected one text for each id, but got several for: a$/,
    ],
  ];
  for (const [what, manifest, message] of refusals) {
    test(`${what} is refused with its place`, async () => {
      await assert.rejects(read(manifest), { message });
    });
  }

  test('is read without parsing anew what is known already', async () => {
    const [first] = await read({ a: '{ a }' });
    const again = await readManifest('{ "b": "{ a }" }', (text) => (text === '{ a }' ? first?.known : undefined));
    assert.equal(again[0]?.known, first?.known);
    assert.equal(again[0]?.id, 'b');
  });

  test('of many operations lets others run while it is read', async () => {
    const fields = Array.from({ length: 200 }, (_, index) => `field${index}`).join(' ');
    const list = Array.from({ length: 500 }, (_, index) => ({ text: `query Q${index} { ${fields} }` }));
    let turns = 0;
    let isReading = true;
    const turn = (): void => {
      turns += 1;
      if (isReading) setImmediate(turn);
    };
    setImmediate(turn);
    await read(list);
    isReading = false;
    assert.ok(turns > 1, `${turns} turns`);
  });
});
