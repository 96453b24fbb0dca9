import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Lexer, Source, TokenKind } from 'graphql';
import { TokenReader, tokens } from '../../../src/operation/documents/token-reader.ts';
import { seededRandom } from '../../../upstreams/demo/random.ts';

interface Read {
  readonly places: readonly string[];
  readonly isBroken: boolean;
}

/** By the reference: graphql's own lexer, comments too. */
function readByLexer(text: string): Read {
  const lexer = new Lexer(new Source(text));
  const places: string[] = [];
  try {
    lexer.advance();
    while (lexer.token.kind !== TokenKind.EOF) lexer.advance();
  } catch {
    return { places: placesOf(lexer), isBroken: true };
  }
  places.push(...placesOf(lexer));
  return { places, isBroken: false };
}

function placesOf({ token }: Lexer): string[] {
  const places: string[] = [];
  let first = token;
  while (first.prev) first = first.prev;
  for (let each = first.next; each && each.kind !== TokenKind.EOF; each = each.next) {
    places.push(`${each.start}-${each.end}`);
  }
  return places;
}

function readByReader(text: string): Read {
  const reader = new TokenReader(text);
  const places: string[] = [];
  for (let kind = reader.next(); ; kind = reader.next()) {
    if (kind === tokens.end || kind === tokens.broken) return { places, isBroken: kind === tokens.broken };
    places.push(`${reader.start}-${reader.end}`);
  }
}

const pieces: readonly string[] = [
  ...['{', '}', '(', ')', '[', ']', ':', '=', '!', '|', '&', '$', '@', '...', '..', '.'],
  ...['a', '_b1', 'on', 'fragment', '0', '-1', '12.5', '1e3', '-0.5E-10', '1.', '2e', '-', '+'],
  ...['""', '"a b"', String.raw`"\"\\é"`, '"a', '"""', '""" { """', String.raw`"""a\"""b"""`, '"""\n"\n"""', '"a\n"'],
  ...['#', '# { a }', '\n', '\r', '\r\n', '\t', ' ', ',', '\uFEFF', '\u00E9', "'", '\\', '~'],
];

describe('the token reader', () => {
  test('finds the same tokens at the same places as graphql, as far as graphql gets', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 4000; round += 1) {
      const separator = random.pick(['', ' ']);
      const text = Array.from({ length: random.between(1, 12) }, () => random.pick(pieces)).join(separator);
      const expected = readByLexer(text);
      const found = readByReader(text);
      assert.deepEqual(found.places.slice(0, expected.places.length), expected.places, JSON.stringify(text));
      if (!expected.isBroken) assert.deepEqual(found, expected, JSON.stringify(text));
    }
  });

  test('breaks where graphql breaks, but for what is wrong within a string', () => {
    for (const text of [
      'a ~',
      "'",
      '..',
      '.5',
      '1.',
      '01',
      '1a',
      '1.5.',
      '2e',
      '-',
      '"a',
      '"a\n"',
      '"""a',
      'a \u00E9',
    ]) {
      assert.deepEqual(readByReader(text), readByLexer(text), text);
      assert.ok(readByReader(text).isBroken, text);
    }
    assert.ok(!readByReader(String.raw`"\x"`).isBroken);
  });

  test('stays where it ended', () => {
    for (const [text, last] of [
      ['a', tokens.end],
      ['a ~', tokens.broken],
    ] as const) {
      const reader = new TokenReader(text);
      assert.equal(reader.next(), tokens.name);
      assert.deepEqual([reader.next(), reader.next()], [last, last]);
    }
  });
});
