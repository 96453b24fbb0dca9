import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse, print, type ASTNode, type ConstDirectiveNode, type DocumentNode } from 'graphql';
import { compose } from '../../../src/composition/compose.ts';
import { contractOf, type ContractRules } from '../../../src/composition/contract/contract.ts';
import { buildJoinGraph } from '../../../src/composition/join-graph/build.ts';
import { GatewayError } from '../../../src/errors.ts';

function supergraphOf(...sdls: readonly string[]): DocumentNode {
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag",
    "@inaccessible", "@authenticated"])`;
  return parse(
    compose(
      sdls.map((sdl, index) => {
        const name = `s${index}`;
        return { name, file: name, sdl: parse(`${link}\n${sdl}`), url: `http://${name}.example` };
      }),
    ),
  );
}

interface Part {
  readonly name: { readonly value: string };
  readonly directives?: readonly ConstDirectiveNode[];
  readonly fields?: readonly Part[];
  readonly values?: readonly Part[];
  readonly arguments?: readonly Part[];
}

/** The coordinates of all that is marked, but for what lies within a type that is. */
function markedIn(supergraph: DocumentNode): readonly string[] {
  const found: string[] = [];
  const look = (part: Part, place: string): void => {
    if (part.directives?.some(({ name }) => name.value === 'inaccessible')) {
      found.push(place);
      return;
    }
    for (const inner of [...(part.fields ?? []), ...(part.values ?? [])]) look(inner, `${place}.${inner.name.value}`);
    for (const inner of part.arguments ?? []) look(inner, `${place}(${inner.name.value}:)`);
  };
  for (const node of supergraph.definitions as readonly (ASTNode & Partial<Part>)[]) {
    if (node.name) look(node as Part, node.kind === 'DirectiveDefinition' ? `@${node.name.value}` : node.name.value);
  }
  return found.toSorted();
}

const audience = (rules: Partial<ContractRules>): ContractRules => ({
  name: 'partners',
  include: [],
  exclude: [],
  ...rules,
});

function hidden(rules: Partial<ContractRules>, ...sdls: readonly string[]): readonly string[] {
  return markedIn(contractOf(supergraphOf(...sdls), audience(rules)));
}

const secret = '@tag(name: "secret")';
const open = '@tag(name: "open")';
const without = { exclude: ['secret'] };
const only = { include: ['open'] };

describe('what has a tag to exclude is hidden', () => {
  const cases: Readonly<Record<string, readonly [sdl: string, places: readonly string[]]>> = {
    'a field': [`type Query { a: Int b: Int ${secret} }`, ['Query.b']],
    'a field of an interface': [
      `interface I { a: Int b: Int ${secret} } type A implements I { a: Int b: Int } type Query { i: I }`,
      ['I.b'],
    ],
    'an argument': [`type Query { a(b: Int ${secret}, c: Int): Int }`, ['Query.a(b:)']],
    'an enum value': [`enum E { A B ${secret} } type Query { e: E }`, ['E.B']],
    'an input field': [`input I { a: Int b: Int ${secret} } type Query { a(i: I): Int }`, ['I.b']],
    'an object, and what gives it': [
      `type A ${secret} { a: Int } type Query { a: A as: [A!]! b: Int }`,
      ['A', 'Query.a', 'Query.as'],
    ],
    'an interface, and what gives it': [
      `interface I ${secret} { a: Int } type A implements I { a: Int } type Query { i: I a: A }`,
      ['I', 'Query.i'],
    ],
    'a union, and what gives it': [
      `union U ${secret} = A type A { a: Int } type Query { u: U a: A }`,
      ['Query.u', 'U'],
    ],
    'a scalar, what gives it and what takes it': [
      `scalar Date ${secret} type Query { d: Date a(d: Date): Int }`,
      ['Date', 'Query.a(d:)', 'Query.d'],
    ],
    'an enum': [`enum E ${secret} { A } type Query { a: Int e: E }`, ['E', 'Query.e']],
    'an input type': [`input I ${secret} { a: Int } type Query { a(i: I): Int }`, ['I', 'Query.a(i:)']],
    'the mutations, all of them': [`type Query { a: Int } type Mutation { b: Int ${secret} }`, ['Mutation']],
  };
  for (const [name, [sdl, places]] of Object.entries(cases)) {
    test(name, () => assert.deepEqual(hidden(without, sdl), places));
  }

  test('whatever else it has, and in any of its upstreams', () => {
    assert.deepEqual(
      hidden(
        { include: ['open'], exclude: ['secret'] },
        `type A @key(fields: "id") ${open} { id: ID! x: Int @shareable ${open} } type Query ${open} { a: A }`,
        `type A @key(fields: "id") { id: ID! x: Int @shareable ${secret} }`,
      ),
      ['A.x'],
    );
  });
});

describe('with tags to include', () => {
  test('a field stays that has one, or whose type has', () => {
    assert.deepEqual(
      hidden(
        only,
        `type A ${open} { a: Int b: B } type B { c: Int ${open} d: Int } type C { e: Int }
         type Query { a: A ${open} c: C d: Int }`,
      ),
      ['B.d', 'C', 'Query.c', 'Query.d'],
    );
  });

  test('a type goes that has none and whose fields have none, and so does what gives it', () => {
    assert.deepEqual(hidden(only, `type A { a: Int } type Query { a: A ${open} b: Int ${open} }`), ['A', 'Query.a']);
  });

  test('a union stays that has one, and loses the types that go', () => {
    assert.deepEqual(
      hidden(
        only,
        `union U ${open} = A | B union V = A type A ${open} { a: Int } type B { b: Int }
         type Query ${open} { u: U v: V }`,
      ),
      ['B', 'Query.v', 'V'],
    );
  });

  test('scalars, enums, inputs and arguments need none, as long as something that stays leads to them', () => {
    assert.deepEqual(
      hidden(
        only,
        `scalar Date scalar Other enum E { A } input I { e: E } type Query { d(i: I): Date ${open} o: Other }`,
      ),
      ['Other', 'Query.o'],
    );
  });
});

describe('what cannot be without something that is hidden is hidden too', () => {
  const cases: Readonly<Record<string, readonly [sdl: string, places: readonly string[]]>> = {
    'a field whose required argument goes': [
      `type Query { a: Int b(c: Int! ${secret}): Int d(e: Int! = 1 ${secret}): Int f(g: I!): Int h(g: J!): Int }
       input I ${secret} { a: Int } input J { a: Int }`,
      ['I', 'Query.b', 'Query.d(e:)', 'Query.f'],
    ],
    'an input type whose required field goes, and on from there': [
      `input I { a: Int! ${secret} b: Int } input J { i: I! } input K { j: J c: Int }
       type Query { a(k: K): Int b(j: J!): Int }`,
      ['I', 'J', 'K.j', 'Query.b'],
    ],
    'an input type, an enum and a union that are left empty': [
      `input I { a: Int ${secret} } enum E { A ${secret} } union U = A type A ${secret} { a: Int }
       type Query { a(i: I): Int e: E u: U }`,
      ['A', 'E', 'I', 'Query.a(i:)', 'Query.e', 'Query.u', 'U'],
    ],
    'a type that is left empty, and on from there': [
      `type A { b: B } type B { c: Int ${secret} } type Query { a: A d: Int }`,
      ['A', 'B', 'Query.a'],
    ],
    'a default value that names something hidden': [
      `enum E { A B ${secret} } input I { e: E = B f: Int ${secret} g: [E!] }
       type Query { a(e: E = B, f: E = A): Int b(i: I = { f: 1 }): Int c(i: I = { g: [A, B] }): Int d(i: I = { g: [A] }): Int }`,
      ['E.B', 'I.e', 'I.f', 'Query.a(e:)', 'Query.b(i:)', 'Query.c(i:)'],
    ],
    'a field of an interface that one of its types does not have any more': [
      `interface Outer { a: Int b: Int } interface I implements Outer { a: Int b: Int }
       type A implements I & Outer { a: Int b: Int ${secret} } type B implements I & Outer { a: Int b: Int }
       type Query { i: I o: Outer }`,
      ['A.b', 'I.b', 'Outer.b'],
    ],
    'an argument of an interface that one of its types does not have any more': [
      `interface I { a(b: Int, c: Int): Int } type A implements I { a(b: Int ${secret}, c: Int): Int } type Query { i: I }`,
      ['A.a(b:)', 'I.a(b:)'],
    ],
    'a type that nothing leads to any more, with what only it leads to': [
      `type A { b: B date: Date } type B { c: Int } scalar Date type Query { a: A ${secret} d: Int }`,
      ['A', 'B', 'Date', 'Query.a'],
    ],
  };
  for (const [name, [sdl, places]] of Object.entries(cases)) {
    test(name, () => assert.deepEqual(hidden(without, sdl), places));
  }

  test('a type that only its interface leads to stays, and so does an interface that only its type leads to', () => {
    const sdl = `interface I { a: Int } type A implements I { a: Int } interface J { a: Int } type B implements J { a: Int }
      type Query { i: I b: B c: Int ${secret} }`;
    assert.deepEqual(hidden(without, sdl), ['Query.c']);
  });

  test('a field of an interface stays where the type that lacks it is hidden itself', () => {
    const sdl = `interface I { a: Int } type A implements I ${secret} { a: Int ${secret} } type B implements I { a: Int }
      type Query { i: I }`;
    assert.deepEqual(hidden(without, sdl), ['A']);
  });

  test('what @inaccessible hides already counts', () => {
    const sdl = `type A { a: Int @inaccessible b: Int ${secret} } type Query { a: A c: Int }`;
    assert.deepEqual(hidden(without, sdl), ['A', 'Query.a']);
  });

  test('arguments of directives for clients are hidden with the types that they take', () => {
    const supergraph = supergraphOf(`enum E ${secret} { A } enum F { A } type Query { a: Int e: E f: F ${secret} }`);
    const directive = parse('directive @marked(by: E, as: Int, for: F) on FIELD').definitions;
    const document = { ...supergraph, definitions: [...supergraph.definitions, ...directive] };
    assert.deepEqual(markedIn(contractOf(document, audience(without))), ['@marked(by:)', 'E', 'Query.e', 'Query.f']);
  });
});

describe('the supergraph of an audience', () => {
  const sdl = `type A @key(fields: "id") { id: ID! ${secret} x: Int @authenticated } type Query { a: A }`;

  test('links and defines @inaccessible once, whether it has been linked before or not', () => {
    for (const text of [sdl, `${sdl} extend type Query { b: Int @inaccessible ${secret} }`]) {
      const printed = print(contractOf(supergraphOf(text), audience(without)));
      assert.doesNotMatch(printed, /@inaccessible @inaccessible|@inaccessible @tag\([^)]*\) @inaccessible/);
      assert.doesNotMatch(printed, /@tag\([^)]*\) @inaccessible @inaccessible/);
      assert.equal(printed.match(/specs.apollo.dev\/inaccessible\/v0.2", for: SECURITY/g)?.length, 1);
      assert.equal(printed.match(/^directive @inaccessible on /gm)?.length, 1);
    }
  });

  test('keeps all else as it is: keys that are hidden still join, guards and links stay', () => {
    const supergraph = supergraphOf(sdl, 'type A @key(fields: "id") { id: ID! y: Int }');
    const contract = contractOf(supergraph, audience(without));
    assert.deepEqual(buildJoinGraph(contract), buildJoinGraph(supergraph));
    const unmarked = print(contract)
      .replaceAll(/ ?@inaccessible(?! on)/g, '')
      .replace(/ @link\(url: "https:\/\/specs.apollo.dev\/inaccessible\/v0.2", for: SECURITY\)/, '')
      .replace(/^directive @inaccessible on .*\n\n/m, '');
    assert.equal(unmarked, print(supergraph));
  });

  test('of no tags at all hides what nothing leads to and nothing else', () => {
    assert.deepEqual(hidden({}, `${sdl} type Unreachable { a: Int }`), ['Unreachable']);
  });

  test('tags are found under the name that the supergraph has for the directive', () => {
    const text = print(supergraphOf(`type Query { a: Int b: Int ${secret} }`));
    const renamed = text
      .replace(
        '@link(url: "https://specs.apollo.dev/tag/v0.3")',
        '@link(url: "https://specs.apollo.dev/tag/v0.3", as: "label")',
      )
      .replaceAll('@tag(', '@label(');
    assert.notEqual(renamed, text);
    assert.deepEqual(markedIn(contractOf(parse(renamed), audience(without))), ['Query.b']);
  });
});

describe('an audience is refused', () => {
  const refusal = (supergraph: DocumentNode, rules: Partial<ContractRules>): string => {
    let message = '';
    assert.throws(
      () => contractOf(supergraph, audience(rules)),
      (error) => {
        assert.ok(error instanceof GatewayError);
        assert.equal(error.code, 'COMPOSITION_FAILED');
        ({ message } = error);
        return true;
      },
    );
    return message;
  };

  test('that has nothing to ask for, by its name', () => {
    const supergraph = supergraphOf(`type A ${secret} { a: Int } type Query { a: A } type Mutation { b: Int }`);
    const expected = 'audience "partners" sees no field of "Query": expected one that its tags leave';
    assert.equal(refusal(supergraph, without), expected);
    assert.equal(refusal(supergraph, only), expected);
  });

  test('where @inaccessible has another name, under which the engines would show it', () => {
    const text = print(supergraphOf(`type Query { a: Int @inaccessible b: Int }`)).replace(
      'inaccessible/v0.2"',
      'inaccessible/v0.2", as: "hide"',
    );
    assert.match(refusal(parse(text), {}), /^audience "partners": expected .* under its own name, but got: @hide$/);
  });
});
