import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse, print, validate, type ExecutionResult } from 'graphql';
import { readGuards } from '../../src/composition/guards/guards.ts';
import { GatewayError } from '../../src/errors.ts';
import { generateGraph } from '../support/generated/graph.ts';
import { generateOperation } from '../support/generated/operation.ts';
import { guardedPeople } from '../support/masks-people.ts';
import { askGuarded } from '../support/masks-monolith.ts';
import {
  createMasksRig,
  fieldLimitsOn,
  randomFieldLimits,
  randomGuards,
  type EngineName,
  type MasksRig,
} from '../support/masks-rig.ts';
import { knownDefect } from './generated/known-stitched.ts';
import { graphSeeds } from './generated/suite.ts';

const limited = [
  ...['Person.karma', 'Person.rank', 'Person.email', 'Person.token', 'Person.friends', 'Bot.name'],
  ...['Query.page', 'Query.me', 'Mutation.rename', 'Safe.door'],
];
const rig = createMasksRig(guardedPeople, {
  guards: (_, supergraph) => readGuards(supergraph),
  fieldLimits: () => fieldLimitsOn(limited),
});
const { length: firstLimit } = rig.guards.requirements;

interface Given {
  /** Scopes that the caller lacks. */
  readonly missing?: readonly string[];
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Asks for a caller who has used up these fields; the answer must be as of one server that refuses them. */
async function ask(engine: EngineName, query: string, usedUp: readonly string[], given: Given = {}) {
  const { missing = [], variables = {} } = given;
  const document = parse(query);
  assert.deepEqual(validate(rig.universe.schema, document), []);
  const lacks = [...rig.guards.requirements.entries()].flatMap(([number, { scopes }]) =>
    scopes.some((set) => set.some((scope) => missing.includes(scope))) ? [number] : [],
  );
  assert.equal(lacks.length, missing.length);
  const numbers = usedUp.map((coordinate) => firstLimit + limited.indexOf(coordinate));
  const answer = await rig.ask({ engine, document, variables, lacks, usedUp: numbers, isKnown: true });
  judge(rig, { document, variables }, { answer, denied: [...lacks, ...numbers] });
  return {
    answer,
    texts: answer.asked.map((each) => print(each.document)).join('\n'),
    errors: errorsOf(answer.result),
  };
}

function judge(
  on: MasksRig,
  operation: Parameters<typeof askGuarded>[2],
  {
    answer,
    denied: numbers,
  }: { readonly answer: Awaited<ReturnType<MasksRig['ask']>>; readonly denied: readonly number[] },
): void {
  const denied = on.deniedOf(numbers);
  const expected = askGuarded(on.universe, denied, operation);
  const places = (result: ExecutionResult) =>
    (result.errors ?? []).map(({ path = [] }) => JSON.stringify(path)).toSorted();
  assert.equal(JSON.stringify(answer.result.data), JSON.stringify(expected.result.data), 'data');
  assert.deepEqual(places(answer.result), places(expected.result), 'places of errors');
  // What a condition leaves out stands in a document without being asked for.
  const unused = (number: number): boolean =>
    number >= on.guards.requirements.length && !answer.uses?.some((use) => use.number === number);
  assert.equal(on.leakIn(answer, on.deniedOf(numbers.filter((number) => !unused(number)))), undefined);
}

/** Errors as `path: message (code)`. */
function errorsOf({ errors = [] }: ExecutionResult): readonly string[] {
  return errors.map(({ path = [], message, originalError }) => {
    assert.ok(originalError instanceof GatewayError);
    return `${path.join('.')}: ${message} (${originalError.code})`;
  });
}

for (const engine of ['compiled', 'stitched'] as const) {
  describe(`limits of fields, ${engine}: a field that is used up is null, has an error, and is asked of no upstream`, () => {
    const ways: Readonly<Record<string, string>> = {
      'by its name': '{ me { name karma } }',
      'under an alias': '{ me { name: karma id: name } }',
      'in a named fragment': '{ me { ...F } } fragment F on Person { ...G } fragment G on Person { name k: karma }',
      'in a fragment on an interface': '{ me { ... on Named { ... on Person { karma } name } } }',
      'through an interface': '{ named { id ... on Person { karma } ... on Bot { email } } }',
      'through a union': '{ found(page: 6) { ... on Person { karma } ... on Named { id } } }',
      'in lists of lists': '{ me { friends { friends { karma name } } } }',
      'twice under two aliases': '{ me { a: karma b: karma name } }',
      'under a condition that holds': 'query ($on: Boolean = true) { me { karma @include(if: $on) name } }',
      'with nothing beside it': '{ me { karma } }',
    };
    for (const [way, query] of Object.entries(ways)) {
      test(way, async () => {
        const { texts, errors } = await ask(engine, query, ['Person.karma']);
        assert.doesNotMatch(texts, /karma/);
        assert.ok(errors.length > 0);
        for (const error of errors)
          assert.match(error, /: "Person\.karma" was asked for too often\. \(RATE_LIMITED\)$/);
      });
    }

    test('a field of an interface is of the types that are used up alone, and named as the client wrote it', async () => {
      const { errors } = await ask(engine, '{ named { __typename id name } }', ['Bot.name']);
      assert.ok(errors.length > 0);
      for (const error of errors) assert.match(error, /: "Named\.name" was asked for too often\. \(RATE_LIMITED\)$/);
    });

    test('a root field: nothing below it is asked', async () => {
      const { answer, errors } = await ask(engine, '{ page { first { name } } }', ['Query.page']);
      assert.deepEqual(answer.asked, []);
      assert.deepEqual(errors, ['page: "Query.page" was asked for too often. (RATE_LIMITED)']);
    });

    test('null goes up as far as for any other error', async () => {
      const { answer } = await ask(engine, '{ page { first { name token } last { name } } }', ['Person.token']);
      assert.equal(answer.result.errors?.length, 1);
      const { answer: whole } = await ask(engine, '{ me { name } }', ['Query.me']);
      assert.equal(whole.result.data, null);
    });

    test('a mutation is not carried out, and the others are', async () => {
      const { answer, errors } = await ask(engine, 'mutation { rename(name: "x") { name } erase(id: 1) }', [
        'Mutation.rename',
      ]);
      assert.deepEqual(
        answer.record.journal.map((entry) => entry.slice(0, entry.indexOf('{'))),
        ['Mutation.erase'],
      );
      assert.deepEqual(errors, ['rename: "Mutation.rename" was asked for too often. (RATE_LIMITED)']);
    });

    test('what is computed from a field that is used up is not: only what clients ask for counts', async () => {
      const { answer, errors } = await ask(engine, '{ me { score name } }', ['Person.rank']);
      assert.deepEqual(errors, []);
      assert.equal(
        answer.uses?.some(({ number }) => number === firstLimit + limited.indexOf('Person.rank')),
        false,
      );
    });

    test('beside what the caller may not read, each has its own error', async () => {
      const { errors } = await ask(engine, '{ me { name email karma } }', ['Person.karma'], { missing: ['email'] });
      assert.deepEqual(errors.toSorted(), [
        'me.email: Not authorized to read "Person.email". (UNAUTHORIZED_FIELD_OR_TYPE)',
        'me.karma: "Person.karma" was asked for too often. (RATE_LIMITED)',
      ]);
    });

    test('what the caller may not read is not counted, nor what is below it', async () => {
      const numbersOf = async (query: string, missing: readonly string[]) => {
        const { answer } = await ask(engine, query, [], { missing });
        return (answer.uses ?? []).map(({ number }) => limited[number - firstLimit]);
      };
      assert.deepEqual(await numbersOf('{ me { email karma } }', []), ['Query.me', 'Person.email', 'Person.karma']);
      assert.deepEqual(await numbersOf('{ me { email karma } }', ['email']), ['Query.me', 'Person.karma']);
      assert.deepEqual(await numbersOf('{ vault { gold } safe { door } }', ['vault']), ['Safe.door']);
      assert.deepEqual(await numbersOf('{ found { ... on Bot { name } ... on Person { karma } } }', ['bot']), [
        'Person.karma',
      ]);
    });

    test('a condition that does not hold uses nothing', async () => {
      const query = 'query ($on: Boolean!) { me { name karma @include(if: $on) ... @skip(if: $on) { rank } } }';
      const usesWith = async (on: boolean) => {
        const { answer } = await ask(engine, query, [], { variables: { on } });
        return answer.uses?.map(({ number }) => limited[number - firstLimit]);
      };
      assert.deepEqual(await usesWith(true), ['Query.me', 'Person.karma']);
      assert.deepEqual(await usesWith(false), ['Query.me', 'Person.rank']);
    });

    test('an operation without limited fields has no uses', async () => {
      const { answer } = await ask(engine, '{ vault { gold } }', ['Person.karma']);
      assert.equal(answer.uses, undefined);
    });
  });
}

describe('generated operations, limits and guards together', () => {
  for (const graphSeed of graphSeeds.slice(0, 3)) {
    test(`graph ${graphSeed}: an answer is as of one server that refuses what is used up or not allowed`, async () => {
      const generated = createMasksRig(generateGraph(graphSeed).subgraphs, {
        guards: (schema) => randomGuards(schema, graphSeed),
        fieldLimits: (schema) => randomFieldLimits(schema, graphSeed),
      });
      const first = generated.guards.requirements.length;
      const { limits } = randomFieldLimits(generated.universe.schema, graphSeed);
      const usedUp = limits.flatMap((_, index) => (index % 2 === 0 ? [first + index] : []));
      for (let seed = 1; seed <= 10; seed += 1) {
        const operation = generateOperation(generated.universe.schema, { seed: seed * 17 + 3 });
        const isKnown = knownDefect(generated.universe.schema, operation.document) !== undefined;
        for (const engine of isKnown ? (['compiled'] as const) : (['compiled', 'stitched'] as const)) {
          for (const lacks of [[], [0, 2]]) {
            const answer = await generated.ask({ ...operation, engine, lacks, usedUp });
            judge(generated, operation, { answer, denied: [...lacks, ...usedUp] });
          }
        }
      }
    });
  }
});
