import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileCode, quote } from '../../../src/executor/quote.ts';
import {
  entities,
  failure,
  field,
  key,
  list,
  member,
  nullable,
  object,
  planOf,
  root,
  runPlan,
  scalar,
  target,
  when,
} from './plans.ts';

const broken = 'globalThis.__weftBroken = true';

/** Names that would end a literal, a comment, a template, a member access or a line, or that objects inherit. */
const hostile = [
  `"];${broken};["`,
  `'];${broken};['`,
  `\`+(${broken})+\``,
  `\${${broken}}`,
  `*/ ${broken}; /*`,
  `\n${broken}\n//`,
  `\u2028${broken}\u2029`,
  `\\";${broken};//`,
  `\\u0022;${broken};//`,
  '\ud800',
  '</script>',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\u{1f600}',
  '',
];

describe('text from outside', () => {
  test('is a literal of that text, whatever it holds', () => {
    for (const text of hostile) {
      assert.equal(compileCode(`return ${quote(text)};`, {}), text);
      assert.doesNotMatch(quote(text), /[\n\r\u2028\u2029]/);
    }
  });

  for (const name of hostile) {
    test(`as a name everywhere in a plan is a name and nothing else: ${JSON.stringify(name)}`, async () => {
      const plan = planOf(
        root([field(name, [field('id')])], { conditions: when(name), variables: [{ name, type: 'Int' }] }),
        entities([
          target({
            alias: name,
            variable: name,
            type: name,
            paths: [],
            representation: [key(name, { dataKey: 'id', on: [name] }), key('id')],
            selections: [field(name)],
          }),
        ]),
      );
      const [, fetch] = plan.fetches;
      assert.ok(fetch?.target === 'entities' && fetch.targets[0]);
      const at = [{ step: 'field', key: name }, { step: 'each' }, { step: 'type', types: [name] }] as const;
      const withPath = planOf(plan.fetches[0] as never, { ...fetch, targets: [{ ...fetch.targets[0], paths: [at] }] });
      const leaf = nullable({ kind: 'enum', type: name, values: [name] });
      const fields = [
        member(name, leaf, { when: [when(name)] }),
        member(`${name}_2`, leaf, { dataKey: name }),
        member(`${name}_3`, nullable(scalar(name, true)), { name: '__typename', source: 'typename' }),
      ];
      const item = nullable({ kind: 'abstract', type: name, types: [{ name, fields: 0 }], fieldLists: [fields] });
      const shape = { root: object(name, [member(name, nullable(list(item)))]) };
      const own = (value: unknown): Record<string, unknown> =>
        JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as never;
      const values = JSON.parse(`{${JSON.stringify(name)}:true}`) as Record<string, unknown>;
      for (const errors of [undefined, [{ path: ['nowhere'], error: failure('x') }]]) {
        const ran = await runPlan(
          withPath,
          shape,
          ({ upstream }) => ({
            data: own(upstream === 'a' ? [{ __typename: name, id: name }] : [own(name)]),
            ...(errors && { errors }),
          }),
          { variables: values },
        );
        const [text, text2, text3] = ['', '_2', '_3'].map((end) => JSON.stringify(name + end));
        const shown = `{${text}:[{${text}:${text},${text2}:${text},${text3}:${text}}]}`;
        assert.equal(JSON.stringify(ran.data), shown);
        assert.deepEqual(ran.told, []);
        const sent = `{${text}:[{"__typename":${text},${text}:${text},"id":${text}}]}`;
        assert.equal(JSON.stringify(ran.calls[1]?.variables), sent);
      }
      assert.ok(!('__weftBroken' in globalThis));
      assert.equal(Object.getPrototypeOf({}), Object.prototype);
    });
  }

  test('is not found in data that has it only by inheritance', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'valueOf'];
    const shape = {
      root: object(
        'Query',
        names.map((name) => member(name, nullable(object('X', [member('name')])))),
      ),
    };
    const { data } = await runPlan(planOf(root(names.map((name) => field(name, [field('name')])))), shape, () => ({
      data: {},
    }));
    assert.equal(JSON.stringify(data), '{"__proto__":null,"constructor":null,"toString":null,"valueOf":null}');
  });

  test('does not change what objects inherit, as a member of the data', async () => {
    const selections = [field('__proto__', [field('polluted')])];
    const plan = planOf(root([field('me', [field('id')])]), entities([target({ paths: ['me'], selections })]));
    const shape = { root: object('Query', [member('me', nullable(object('User', [member('polluted')])))]) };
    const { data } = await runPlan(plan, shape, ({ upstream }) =>
      upstream === 'a'
        ? { data: { me: { id: '1' } } }
        : { data: JSON.parse('{"_entities":[{"__proto__":{"polluted":"yes"}}]}') as Record<string, unknown> },
    );
    assert.deepEqual(data, { me: { polluted: null } });
    assert.ok(!('polluted' in {}));
  });
});
