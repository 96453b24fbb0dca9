import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { nothingSensitive, readSensitive } from '../../../src/composition/sensitive/sensitive.ts';
import { sensitiveVariablesOf } from '../../../src/operation/sensitive-variables.ts';

const sdl = `
  directive @sensitive on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM | INPUT_OBJECT
  directive @near(place: String @sensitive, far: Int) on FIELD | QUERY | FRAGMENT_SPREAD | INLINE_FRAGMENT
  scalar Email @sensitive
  scalar Json
  enum Illness @sensitive { COLD }
  input Card { number: String @sensitive owner: String next: Card }
  input Order { cards: [Card!] note: String mails: [Email] }
  interface Node { find(key: String @sensitive, other: Int): Node }
  type User implements Node { find(key: String, other: Int): Node open(key: String): Int }
  type Query {
    node: Node user: User
    pay(order: Order, orders: [Order], amount: Float): Int
    search(mail: Email, mails: [Email!], text: String, json: Json): Int
    login(name: String, word: String @sensitive, words: [String] @sensitive, any: Json @sensitive): Int
    file(id: ID): String @sensitive
    ill(of: Illness): Int
  }`;
const document = parse(sdl);
const schema = buildSchema(sdl);
const sensitive = readSensitive(document);

function sensitiveIn(text: string, operationName?: string, of = sensitive): readonly string[] {
  const asked = parse(text);
  assert.deepEqual(validate(schema, asked), []);
  const node = getOperationAST(asked, operationName);
  assert.ok(node);
  return [...sensitiveVariablesOf({ document: asked, node, schema }, of)].toSorted();
}

const promises: Readonly<Record<string, readonly [text: string, found: readonly string[]]>> = {
  'at a sensitive argument': ['query($w: String, $n: String) { login(name: $n, word: $w) }', ['w']],
  'at an argument of a sensitive field': ['query($i: ID) { file(id: $i) }', ['i']],
  'of a sensitive scalar': ['query($m: Email, $t: String) { search(mail: $m, text: $t) }', ['m']],
  'of a list of a sensitive scalar': ['query($m: [Email!]) { search(mails: $m) }', ['m']],
  'in a list of a sensitive scalar': ['query($m: Email!) { search(mails: ["a", $m]) }', ['m']],
  'of a sensitive enum': ['query($i: Illness) { ill(of: $i) }', ['i']],
  'of an input that holds something sensitive deep inside': ['query($o: [Order]) { pay(orders: $o) }', ['o']],
  'at a sensitive input field of a literal, and not beside it': [
    'query($n: String, $o: String, $x: String) { pay(order: { note: $x, cards: [{ owner: $o, next: { number: $n } }] }) }',
    ['n'],
  ],
  'of a holder that stands in a literal': ['query($c: Card) { pay(order: { cards: [{ next: $c }] }) }', ['c']],
  'in a list at a sensitive argument': ['query($w: String) { login(words: ["a", $w]) }', ['w']],
  'deep in an untyped literal at a sensitive argument': ['query($w: Json) { login(any: { a: [{ b: $w }] }) }', ['w']],
  'in an untyped literal elsewhere: none': ['query($w: Json) { search(json: { a: $w }) }', []],
  'at a directive’s sensitive argument': [
    'query($p: String, $q: String, $f: Int) @near(place: $q) { user @near(place: $p, far: $f) { open } }',
    ['p', 'q'],
  ],
  'through fragments of fragments, and by what an interface says': [
    'query($k: String, $l: String, $o: Int) { user { ...A } } fragment A on User { find(key: $k, other: $o) { ...B } } fragment B on Node { ... on User { open(key: $l) } }',
    ['k'],
  ],
};

for (const [promise, [text, found]] of Object.entries(promises)) {
  test(`sensitive variables: ${promise}`, () => assert.deepEqual(sensitiveIn(text), found));
}

test('another operation of the document says nothing of this one', () => {
  const text = `query A($v: String) { login(name: $v) } query B($v: String) { ...W } fragment W on Query { login(word: $v) }`;
  assert.deepEqual(sensitiveIn(text, 'A'), []);
  assert.deepEqual(sensitiveIn(text, 'B'), ['v']);
});

test('nothing is looked at where nothing is sensitive', () => {
  assert.deepEqual(sensitiveIn('query($w: String) { login(word: $w) }', undefined, nothingSensitive), []);
});
