import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createFieldLimiting,
  type FieldLimitRule,
  type FieldLimiting,
  type FieldUse,
  type LimitedField,
} from '../../../src/limits/field-limits.ts';
import { createMemoryLimiter } from '../../../src/limits/memory-limiter.ts';
import type { Charge, Decision } from '../../../src/limits/types.ts';

function rule(given: Partial<FieldLimitRule>): FieldLimitRule {
  return {
    coordinate: 'Query.search',
    max: 2,
    windowMs: 60_000,
    window: '1m',
    identityArgs: [],
    arrayLengthField: undefined,
    message: undefined,
    ...given,
  };
}

const firstLimit = 3;

interface Given {
  readonly mode?: 'measure' | 'enforce';
  readonly algorithm?: 'fixed-window' | 'sliding-window' | 'token-bucket';
}

function limiting(
  limits: readonly FieldLimitRule[],
  { mode = 'enforce', algorithm = 'fixed-window' }: Given = {},
): FieldLimiting {
  const made = createFieldLimiting({ limits, firstLimit, config: { mode, algorithm, onOutage: 'allow' } });
  assert.ok(made);
  return made;
}

/** A limiter with a clock of its own, and what asks it. */
function rig(limits: readonly FieldLimitRule[], given: Given = {}) {
  let now = 0;
  const limiter = createMemoryLimiter({ now: () => now, maxKeys: 1000 });
  const fields = limiting(limits, given);
  return {
    fields,
    wait: (ms: number) => {
      now += ms;
    },
    charge: async (uses: readonly FieldUse[], caller = 'ada'): Promise<readonly LimitedField[]> => {
      const { charges, settle } = fields.collect(uses, caller);
      return settle(await limiter.charge(charges));
    },
  };
}

/** Uses of the limits from the first on, each with these arguments. */
const uses = (...all: readonly FieldUse['arguments'][]): readonly FieldUse[] =>
  all.map((given) => ({ number: firstLimit, arguments: given }));

const chargesOf = (fields: FieldLimiting, all: readonly FieldUse[], caller = 'ada'): readonly Charge[] =>
  fields.collect(all, caller).charges;

const amounts = (charges: readonly Charge[]): readonly number[] => charges.map(({ amount }) => amount);

describe('a field limit', () => {
  test('lets a caller ask so often and no more, until the window is over', async () => {
    const { charge, wait } = rig([rule({})]);
    assert.deepEqual(await charge(uses({})), []);
    assert.deepEqual(await charge(uses({})), []);
    const [limited, ...others] = await charge(uses({}));
    assert.deepEqual(others, []);
    assert.equal(limited?.number, firstLimit);
    assert.equal(limited.message, '"Query.search" was asked for too often.');
    assert.equal(limited.outcome.hasRoom, false);
    assert.deepEqual(await charge(uses({}), 'bob'), []);
    wait(60_000);
    assert.deepEqual(await charge(uses({})), []);
  });

  test('says what its directive says, and when to come again', async () => {
    const { charge, fields } = rig([rule({ max: 1, window: '1 h', windowMs: 3_600_000, message: 'Slowly.' })]);
    await charge(uses({}));
    const [limited] = await charge(uses({}));
    assert.ok(limited);
    assert.equal(limited.message, 'Slowly.');
    assert.deepEqual(fields.refusalOf(limited), {
      message: 'Slowly.',
      exposed: { rateLimit: { limit: '@rateLimit Query.search 1/1h', max: 1, windowMs: 3_600_000, retryAfter: 3600 } },
    });
  });

  test('only tells what it would have refused while it is measured', async () => {
    const { charge } = rig([rule({ max: 1, arrayLengthField: 'ids' })], { mode: 'measure' });
    for (const ids of [[1], [1, 2, 3], [1]]) assert.deepEqual(await charge(uses({ ids })), []);
  });

  test('is not there while limits of fields are off, or there are none', () => {
    const config = { algorithm: 'fixed-window', onOutage: 'allow' } as const;
    assert.equal(
      createFieldLimiting({ limits: [rule({})], firstLimit, config: { ...config, mode: 'off' } }),
      undefined,
    );
    assert.equal(createFieldLimiting({ limits: [], firstLimit, config: { ...config, mode: 'enforce' } }), undefined);
  });

  for (const algorithm of ['fixed-window', 'sliding-window', 'token-bucket'] as const) {
    test(`counts by the algorithm that the configuration names: ${algorithm}`, async () => {
      const { charge, fields } = rig([rule({ max: 3 })], { algorithm });
      assert.equal(chargesOf(fields, uses({}))[0]?.limit.algorithm.kind, algorithm);
      const answers = [];
      for (let count = 0; count < 4; count += 1) answers.push((await charge(uses({}))).length);
      assert.deepEqual(answers, [0, 0, 0, 1]);
    });
  }

  test('never refuses the rest of the request', () => {
    for (const { ifOver } of chargesOf(limiting([rule({})]), uses({}, {}))) assert.equal(ifOver, 'skip');
  });
});

describe('uses of one request', () => {
  test('with equal keys are one charge of their sum, and go or stay together', async () => {
    const { charge, fields } = rig([rule({ max: 3 })]);
    assert.deepEqual(amounts(chargesOf(fields, uses({}, {}))), [2]);
    assert.deepEqual(await charge(uses({}, {})), []);
    assert.equal((await charge(uses({}, {}))).length, 1);
    assert.deepEqual(await charge(uses({})), [], 'what had no room was not charged');
  });

  test('count as often as the list is long, at least once', async () => {
    const { charge, fields } = rig([rule({ max: 5, arrayLengthField: 'ids' })]);
    const lengths = [[1, 2, 3], [1], [], null, undefined, 'abc'].map((ids) => chargesOf(fields, uses({ ids })));
    assert.deepEqual(lengths.flatMap(amounts), [3, 1, 1, 1, 1, 1]);
    assert.deepEqual(await charge(uses({ ids: [1, 2, 3] })), []);
    assert.equal((await charge(uses({ ids: [1, 2, 3] }))).length, 1);
    assert.deepEqual(await charge(uses({ ids: [1, 2] })), []);
  });

  test('that count far more than there is room for are refused at once', async () => {
    const { charge } = rig([rule({ max: 1000, arrayLengthField: 'ids' })]);
    assert.equal((await charge(uses({ ids: Array.from({ length: 1001 }, () => 1) }))).length, 1);
    assert.deepEqual(await charge(uses({ ids: Array.from({ length: 1000 }, () => 1) })), []);
    assert.equal((await charge(uses({ ids: [1] }))).length, 1);
  });

  test('of several limits are told by number, and each limit decides for itself', async () => {
    const { charge } = rig([
      rule({ max: 1, coordinate: 'Query.a' }),
      rule({ max: 5, coordinate: 'Query.b' }),
      rule({ max: 1, coordinate: 'Query.c' }),
    ]);
    const all = [2, 1, 0].map((index) => ({ number: firstLimit + index, arguments: {} }));
    assert.deepEqual(await charge(all), []);
    assert.deepEqual(
      (await charge(all)).map(({ number, coordinate }) => [number, coordinate]),
      [
        [3, 'Query.a'],
        [5, 'Query.c'],
      ],
    );
  });

  test('of which several are used up tell of it once, by the one that waits longest', async () => {
    const { charge, wait } = rig([rule({ max: 1, identityArgs: ['id'] })], { algorithm: 'token-bucket' });
    await charge(uses({ id: 1 }));
    wait(40_000);
    await charge(uses({ id: 2 }));
    for (const ids of [
      [1, 2, 3],
      [2, 1, 4],
    ]) {
      const found = await charge(uses(...ids.map((id) => ({ id }))));
      assert.deepEqual(
        found.map(({ number, outcome }) => [number, outcome.retryAfterMs]),
        [[firstLimit, 60_000]],
      );
    }
  });

  test('are not settled by a decision about something else', async () => {
    const { settle } = limiting([rule({})]).collect(uses({}), 'ada');
    const nothing: Decision = { refusal: undefined, outcomes: [], waitMs: 0, release: undefined };
    await assert.rejects(settle(nothing), /no decision was made about "@rateLimit Query\.search 2\/1m"/);
  });
});

describe('whose use of what it is', () => {
  const distinct = (identityArgs: readonly string[], all: readonly FieldUse['arguments'][]): number =>
    chargesOf(limiting([rule({ identityArgs })]), uses(...all)).length;

  test('values of the arguments that it names are counted each for itself', () => {
    assert.equal(distinct(['id'], [{ id: '1' }, { id: '2' }, { id: '1' }]), 2);
    assert.equal(distinct([], [{ id: '1' }, { id: '2' }]), 1);
    assert.equal(distinct(['by.id'], [{ by: { id: 1, x: 1 } }, { by: { id: 1, x: 2 } }, { by: { id: 2 } }]), 2);
  });

  test('no value can pass for another one by how it is written', () => {
    const pairs: readonly (readonly [string, string])[] = [
      ['x:y', 'z'],
      ['x', 'y:z'],
      ['x"', ':"y'],
      ['x', '":"y'],
      ['', 'x'],
      ['x', ''],
      ['null', 'x'],
    ];
    assert.equal(
      distinct(
        ['a', 'b'],
        pairs.map(([a, b]) => ({ a, b })),
      ),
      pairs.length,
    );
    const values = [
      '1',
      1,
      true,
      'true',
      [1],
      ['1'],
      '[1]',
      [1, 2],
      { a: 1 },
      '{"a":1}',
      10n,
      '10n',
      null,
      'null',
      '',
      [[]],
      [],
    ];
    assert.equal(
      distinct(
        ['a'],
        values.map((a) => ({ a })),
      ),
      values.length,
    );
  });

  test('one value is one, whatever the order of its members, and null is as good as none', () => {
    assert.equal(distinct(['a'], [{ a: { x: 1, y: { p: 1, q: 2 } } }, { a: { y: { q: 2, p: 1 }, x: 1 } }]), 1);
    assert.equal(distinct(['a'], [{ a: null }, {}, { a: undefined }]), 1);
    assert.equal(distinct(['toString'], [{}, { toString: null }]), 1);
  });

  test('the length of a list says nothing of what is in it, though both may count', () => {
    const fields = limiting([rule({ max: 9, identityArgs: ['ids'], arrayLengthField: 'ids' })]);
    assert.deepEqual(
      amounts(chargesOf(fields, uses({ ids: ['a', 'b'] }, { ids: ['a'] }, { ids: ['a', 'b'] }))),
      [4, 1],
    );
  });

  test('no caller can pass for another one by its name', () => {
    const fields = limiting([rule({ identityArgs: ['id'] })]);
    const keys = ['a', 'a:', 'a:Query.search:"1"', '1:a', '', ':'].flatMap((caller) =>
      chargesOf(fields, uses({ id: '1' }, { id: '1:"1"' }), caller).map(({ key }) => key),
    );
    assert.equal(new Set(keys).size, keys.length);
  });

  test('keys stay short, whatever a client sends', () => {
    const fields = limiting([rule({ identityArgs: ['id'] })]);
    const long = 'x'.repeat(100_000);
    const keys = chargesOf(fields, uses({ id: long }, { id: `${long}y` }, { id: long })).map(({ key }) => key);
    assert.equal(keys.length, 2);
    for (const key of keys) assert.ok(key.length < 200);
    assert.equal(new Set(keys).size, 2);
  });

  test('several limits of one field have names of their own', () => {
    const rules = [
      rule({}),
      rule({ max: 3 }),
      rule({ window: '2m', windowMs: 120_000 }),
      rule({ identityArgs: ['id'] }),
      rule({ arrayLengthField: 'id' }),
      rule({ coordinate: 'Query.other' }),
    ];
    const fields = limiting(rules);
    const names = rules
      .flatMap((_, index) => chargesOf(fields, [{ number: firstLimit + index, arguments: {} }]))
      .map(({ limit }) => limit.name);
    assert.equal(new Set(names).size, rules.length);
  });
});
