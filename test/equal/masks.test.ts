import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse, print, validate, type ExecutionResult } from 'graphql';
import { readGuards } from '../../src/composition/guards/guards.ts';
import { GatewayError } from '../../src/errors.ts';
import { guardedPeople } from '../support/masks-people.ts';
import { askGuarded } from '../support/masks-monolith.ts';
import { createMasksRig, type EngineName, type GuardedAnswer } from '../support/masks-rig.ts';

const rigs = {
  mask: createMasksRig(guardedPeople, { guards: (_, supergraph) => readGuards(supergraph) }),
  reject: createMasksRig(guardedPeople, { guards: (_, supergraph) => readGuards(supergraph), mode: 'reject' }),
};

interface Given {
  readonly mode?: keyof typeof rigs;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly isKnown?: boolean;
}

/** Asks for a caller who has all scopes but these. */
async function ask(engine: EngineName, query: string, missing: readonly string[], given: Given = {}) {
  const { mode = 'mask', variables = {}, isKnown = true } = given;
  const { [mode]: rig } = rigs;
  const document = parse(query);
  assert.deepEqual(validate(rig.universe.schema, document), []);
  const lacks = [...rig.guards.requirements.entries()].flatMap(([number, { scopes }]) =>
    scopes.some((set) => set.some((scope) => missing.includes(scope))) ? [number] : [],
  );
  assert.equal(lacks.length, missing.length);
  const answer = await rig.ask({ engine, document, variables, lacks, isKnown });
  const denied = rig.deniedOf(lacks);
  assert.equal(rig.leakIn(answer, denied), undefined);
  return { answer, expected: askGuarded(rig.universe, denied, { document, variables }), texts: textsOf(answer) };
}

function textsOf({ asked }: GuardedAnswer): string {
  return asked.map(({ document }) => print(document)).join('\n');
}

/** Errors as `path: message (code)`. */
function errorsOf({ errors = [] }: ExecutionResult): readonly string[] {
  return errors.map(({ path = [], message, originalError }) => {
    assert.ok(originalError instanceof GatewayError);
    return `${path.join('.')}: ${message} (${originalError.code})`;
  });
}

/** As JSON knows it. */
function dataOf({ data }: ExecutionResult): unknown {
  return data === undefined ? undefined : JSON.parse(JSON.stringify(data));
}

for (const engine of ['compiled', 'stitched'] as const) {
  const answered = async (query: string, missing: readonly string[], given: Given = {}) => {
    const found = await ask(engine, query, missing, given);
    assert.deepEqual(dataOf(found.answer.result), dataOf(found.expected.result));
    const places = (result: ExecutionResult) => (result.errors ?? []).map(({ path = [] }) => path.join('.')).toSorted();
    assert.deepEqual(places(found.answer.result), places(found.expected.result));
    assert.ok(places(found.answer.result).length > 0, 'something must be denied');
    return found;
  };

  describe(`masks, ${engine}: a field that is denied is null, has an error, and is asked of no upstream`, () => {
    const ways: Readonly<Record<string, string>> = {
      'by its name': '{ me { name email } }',
      'under an alias': '{ me { name: email id: name } }',
      'under the name of a field that may be read': '{ me { name other: name } them: me { karma: email } }',
      'in a named fragment': '{ me { ...F } } fragment F on Person { ...G } fragment G on Person { name mail: email }',
      'in an inline fragment without a type': '{ me { ... { email } name } }',
      'in a fragment on an interface': '{ me { ... on Named { ... on Person { email } name } } }',
      'through an interface': '{ named { id ... on Person { email } ... on Bot { name } } }',
      'through a union': '{ found(page: 6) { ... on Person { email } ... on Named { name } } }',
      'in lists of lists': '{ me { friends { friends { email name } } } }',
      'of one object along two ways': '{ page { first { email } last { name } } people { name email } }',
      'twice under two aliases': '{ me { a: email b: email name } }',
      'beside itself': '{ me { email email name } me { email } }',
      'under a condition that holds': 'query ($on: Boolean = true) { me { email @include(if: $on) name } }',
      'under two conditions':
        'query ($on: Boolean = true) { me { email @include(if: $on) email @skip(if: $on) name } }',
      'at a root further down': '{ page { query { me { email name } } } }',
      'with nothing beside it': '{ me { email } }',
      'beside what it is a type of': '{ me { __typename email karma } }',
    };
    for (const [way, query] of Object.entries(ways)) {
      test(way, async () => {
        const { texts, answer } = await answered(query, ['email']);
        // A bot's e-mail is free, a person's is not.
        assert.doesNotMatch(texts.replaceAll(/\.\.\.\s*on Bot \{[^}]*\}/g, ''), /email/);
        for (const error of errorsOf(answer.result))
          assert.match(error, /: Not authorized to read "\w+\.email"\. \(UNAUTH/);
      });
    }

    test('a condition that does not hold denies nothing', async () => {
      const query = 'query ($on: Boolean!) { me { name email @include(if: $on) token @skip(if: true) } }';
      const { answer, expected } = await ask(engine, query, ['email', 'token'], { variables: { on: false } });
      assert.equal(answer.result.errors, undefined);
      assert.deepEqual(dataOf(answer.result), dataOf(expected.result));
    });

    test('a field that is computed from a denied one is denied with it', async () => {
      const { texts } = await answered('{ me { score karma } }', ['rank']);
      assert.doesNotMatch(texts, /score|rank/);
    });

    test('an upstream that only denied fields would need is not asked', async () => {
      const { answer } = await answered('{ me { name score } }', ['rank']);
      assert.deepEqual([...new Set(answer.asked.map(({ upstream }) => upstream))], ['people']);
    });

    test('nothing is asked where nothing is left', async () => {
      const { answer } = await answered('{ vault { gold } }', ['vault']);
      assert.deepEqual(answer.asked, []);
    });

    test('the error names the type that the client wrote, not the one that the object has', async () => {
      const { answer } = await ask(engine, '{ found(page: 6) { ... on Bot { name } } named { name } }', ['bot']);
      const messages = new Set(errorsOf(answer.result).map((error) => error.replace(/^[^:]*: /, '')));
      assert.deepEqual(
        messages,
        new Set([
          'Not authorized to read an object of "Found". (UNAUTHORIZED_FIELD_OR_TYPE)',
          'Not authorized to read an object of "Named". (UNAUTHORIZED_FIELD_OR_TYPE)',
        ]),
      );
    });
  });

  describe(`masks, ${engine}: types`, () => {
    test('a field that gives an object of a denied type is denied', async () => {
      const { answer, texts } = await answered('{ vault { gold } safe { door } }', ['vault']);
      assert.deepEqual(errorsOf(answer.result), [
        'vault: Not authorized to read "Query.vault". (UNAUTHORIZED_FIELD_OR_TYPE)',
      ]);
      assert.doesNotMatch(texts, /vault|gold/);
    });

    test('of a list of a union, the objects of a denied type are null and the others stay', async () => {
      const { answer } = await answered(
        '{ found(page: 6) { __typename ... on Person { name } ... on Bot { email } } }',
        ['bot'],
      );
      const { found } = dataOf(answer.result) as { readonly found: readonly ({ readonly name?: string } | null)[] };
      assert.ok(found.includes(null) && found.some((each) => each !== null), 'both types must be there');
    });

    test('nothing of an object of a denied type is asked but what it is', async () => {
      const { texts } = await answered('{ found(page: 6) { ... on Bot { email id } } }', ['bot']);
      assert.doesNotMatch(texts, /Bot|email/);
    });

    test('it does not help to ask for no field of the type', async () => {
      await answered('{ found(page: 6) { __typename } }', ['bot']);
      await answered('{ found(page: 6) { ... on Person { name } } }', ['bot']);
    });
  });

  describe(`masks, ${engine}: GraphQL 6.4.4 Handling Field Errors`, () => {
    test('a denied field that may not be null takes its object along, and has the one error', async () => {
      const { answer } = await answered('{ page { first { name token } last { name } } }', ['token']);
      assert.deepEqual(errorsOf(answer.result), [
        'page.first.token: Not authorized to read "Person.token". (UNAUTHORIZED_FIELD_OR_TYPE)',
      ]);
    });

    test('up to the root, where nothing between may be null', async () => {
      const { answer } = await answered('{ me { name token } }', ['token']);
      assert.equal(answer.result.data, null);
    });

    test('a denied object in a list whose items may not be null takes the list along', async () => {
      const { answer } = await answered('{ foundAll(page: 6) { __typename } }', ['bot']);
      assert.equal(answer.result.data, null);
    });

    test('a field that gives a denied type and may not be null takes its object along', async () => {
      await answered('{ safe { inner { gold } door } vault { gold } }', ['vault']);
    });
  });

  describe(`masks, ${engine}: mutations`, () => {
    test('a denied mutation never runs; those beside it do, in turn', async () => {
      const query = 'mutation { a: rename(name: "a") { name } erase(id: "1") b: rename(name: "b") { name email } }';
      const { answer, expected } = await answered(query, ['admin', 'email']);
      assert.deepEqual(answer.record.journal, ['Mutation.rename{"name":"a"}', 'Mutation.rename{"name":"b"}']);
      assert.deepEqual(answer.record.journal, expected.mutations);
    });

    test('one that runs twice unless its conditions are known is masked as any other', async () => {
      const query = `mutation ($on: Boolean!) {
        a: rename(name: "c") @include(if: $on) { name email } rename(name: "g") { karma } a: rename(name: "c") { karma }
      }`;
      const { answer, expected } = await ask(engine, query, ['email'], { variables: { on: true } });
      assert.deepEqual(dataOf(answer.result), dataOf(expected.result));
      assert.deepEqual(answer.record.journal, expected.mutations);
      assert.deepEqual(
        errorsOf(answer.result).map((error) => error.split(':')[0]),
        ['a.email'],
      );
    });
  });

  describe(`reject, ${engine}: an operation with anything denied does not run`, () => {
    const refused = async (query: string, missing: readonly string[], given: Given = {}) => {
      const { answer } = await ask(engine, query, missing, { mode: 'reject', ...given });
      assert.deepEqual(answer.asked, []);
      assert.equal('data' in answer.result, false);
      return errorsOf(answer.result);
    };

    test('it is refused with each place that is denied, without places in lists', async () => {
      const query = '{ page { first { mail: email name } } people { friends { token } } vault { gold } }';
      assert.deepEqual(await refused(query, ['email', 'token', 'vault']), [
        'page.first.mail: Not authorized to read "Person.email". (UNAUTHORIZED_FIELD_OR_TYPE)',
        'people.friends.token: Not authorized to read "Person.token". (UNAUTHORIZED_FIELD_OR_TYPE)',
        'vault: Not authorized to read "Query.vault". (UNAUTHORIZED_FIELD_OR_TYPE)',
      ]);
    });

    test('who is not known is told that credentials are missing', async () => {
      const [error = ''] = await refused('{ me { email } }', ['email'], { isKnown: false });
      assert.match(error, /\(CREDENTIALS_MISSING\)$/);
    });

    test('so is a mutation as a whole', async () => {
      assert.equal((await refused('mutation { rename { name } erase }', ['admin'])).length, 1);
    });

    test('a selection that reaches a denied type is denied where it stands', async () => {
      const message = 'Not authorized to read an object of "Found". (UNAUTHORIZED_FIELD_OR_TYPE)';
      assert.deepEqual(await refused('{ found(page: 6) { ... on Named { name } } }', ['bot']), [`found: ${message}`]);
      assert.deepEqual(await refused('{ found(page: 6) { __typename } }', ['bot']), [`found: ${message}`]);
    });

    test('one that does not reach it runs, and sees no object of the type', async () => {
      const { answer, expected } = await ask(engine, '{ found(page: 6) { ... on Person { name } } }', ['bot'], {
        mode: 'reject',
      });
      assert.deepEqual(dataOf(answer.result), dataOf(expected.result));
      assert.ok((answer.result.errors ?? []).length > 0);
    });

    test('an operation whose conditions leave out what is denied runs', async () => {
      const query = 'query ($on: Boolean!) { me { name email @include(if: $on) } }';
      const { answer } = await ask(engine, query, ['email'], { mode: 'reject', variables: { on: false } });
      assert.equal(answer.result.errors, undefined);
      assert.equal((await refused(query, ['email'], { variables: { on: true } })).length, 1);
    });
  });
}
