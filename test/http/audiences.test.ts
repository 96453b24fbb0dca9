import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildClientSchema, getIntrospectionQuery, parse, type DocumentNode, type IntrospectionQuery } from 'graphql';
import { remoteFacade } from '../../src/assembly/create-facades.ts';
import { openUpstreams, type OpenUpstreams } from '../../src/assembly/open-upstreams.ts';
import { createCompiledEngine } from '../../src/compiled/engine.ts';
import { compose } from '../../src/composition/compose.ts';
import { contractOf } from '../../src/composition/contract/contract.ts';
import { anonymous, type Caller } from '../../src/identity/caller.ts';
import { explainMissingSchema } from '../../src/policies/explain-missing-schema.ts';
import { hideSuggestions } from '../../src/policies/hide-suggestions.ts';
import { clientSignal } from '../../src/server/client-signal.ts';
import { createGraphqlLane } from '../../src/server/graphql-lane.ts';
import { createGraphqlHandler, type GraphqlHandlerOptions } from '../../src/server/graphql-server.ts';
import { startHttpServer, type HttpServer } from '../../src/server/http-server.ts';
import { stitch } from '../../src/stitched/schema.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import { startGraphql } from '../../upstreams/demo/graphql-server.ts';
import type { DemoServer } from '../../upstreams/demo/server.ts';
import { createSubgraphSchema, type Representation } from '../../upstreams/demo/subgraph.ts';
import { engines, graphqlClient, type GraphqlAnswer } from '../support/start-gateway.ts';
import { upstreamConfig } from '../support/upstream-config.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag"])
  directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | ENUM_VALUE | INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION`;

const peopleSdl = /* GraphQL */ `
  interface Worker { name: String }
  type Person implements Worker @key(fields: "badgeNumber") {
    badgeNumber: ID! @tag(name: "internal")
    name: String
    mood: Mood
    friends(sorting: Sorting, secretly: Boolean @tag(name: "internal")): [Person!]
    salaryBand: SalaryBand @tag(name: "internal")
  }
  type Robot implements Worker @tag(name: "internal") { name: String serialCode: String }
  type SalaryBand { lower: Int }
  union Anyone = Person | Robot
  enum Mood { GLAD GLOOMY GLASSY @tag(name: "internal") }
  input Sorting { mood: Mood moodiness: Int @tag(name: "internal") }
  input RobotFilter { serialCode: String }
  type Query {
    person(mood: Mood): Person
    worker: Worker
    anyone: Anyone
    everyone: [Anyone]
    robots(filter: RobotFilter): [Robot]
  }
  type Mutation { rebootRobots: Int @tag(name: "internal") }
`;

const scoresSdl = /* GraphQL */ `
  type Person @key(fields: "badgeNumber") { badgeNumber: ID! @tag(name: "internal") score: Int }
  type Query { topScore: Int }
`;

/** All names that the partners must never read. */
const hiddenNames = [
  ...['badgeNumber', 'salaryBand', 'secretly', 'Robot', 'robots', 'serialCode', 'SalaryBand', 'GLASSY', 'moodiness'],
  ...['RobotFilter', 'rebootRobots', 'Mutation'],
];

const ann = { __typename: 'Person', badgeNumber: '7', name: 'Ann', mood: 'GLASSY', friends: [] };
const robot = { __typename: 'Robot', name: 'R2', serialCode: 'S1' };

const people = createSubgraphSchema({
  sdl: `${link}\n${peopleSdl}`,
  resolvers: {
    Query: {
      person: () => ann,
      worker: () => robot,
      anyone: () => robot,
      everyone: () => [ann, robot],
      robots: () => [robot],
    },
  },
  entities: { Person: () => ann },
});

const scores = createSubgraphSchema({
  sdl: `${link}\n${scoresSdl}`,
  resolvers: {
    Query: { topScore: () => 70 },
    Person: { score: ({ badgeNumber }: { readonly badgeNumber: string }) => Number(badgeNumber) * 10 },
  },
  entities: { Person: ({ badgeNumber }: Representation) => ({ badgeNumber }) },
});

let upstreams: readonly DemoServer[] = [];
let opened: OpenUpstreams;
let supergraph: DocumentNode;

before(async () => {
  upstreams = await Promise.all([startGraphql('people', people), startGraphql('scores', scores)]);
  const [first, second] = upstreams;
  const sources = [
    { name: 'people', sdl: peopleSdl, url: first?.url ?? '' },
    { name: 'scores', sdl: scoresSdl, url: second?.url ?? '' },
  ];
  supergraph = parse(
    compose(sources.map(({ sdl, ...rest }) => ({ ...rest, file: rest.name, sdl: parse(link + sdl) }))),
  );
  opened = await openUpstreams(
    sources.map(({ name, url }) => upstreamConfig({ name, kind: 'federation', targets: [url] })),
  );
});

after(async () => {
  await opened.close();
  await Promise.all(upstreams.map(async ({ close }) => close()));
});

interface Served extends Pick<HttpServer, 'close'> {
  /** Asks as a caller of an audience, or of none. */
  readonly ask: (audience: string, query: string, variables?: Record<string, unknown>) => Promise<GraphqlAnswer>;
}

/** A real server in front of one schema for each audience; `hears` in a request's header is a scope of its caller. */
async function serve(runs: (typeof engines)[number], plugins: GraphqlHandlerOptions['plugins'] = []): Promise<Served> {
  const facades = new Map([...opened.byName].map(([name, upstream]) => [name, remoteFacade(upstream)]));
  const config = { path: '/graphql', maxBodyBytes: 65_536, graphiql: false, firstOperation: undefined };
  const handlerOf = (document: DocumentNode) => {
    const schema = stitch(document, facades);
    return createGraphqlHandler({
      ...createCompiledEngine({ supergraph: document, facades, schema, runs }),
      ...{ schema, config, plugins },
    });
  };
  const whole = handlerOf(supergraph);
  const partners = handlerOf(contractOf(supergraph, { name: 'partners', include: [], exclude: ['internal'] }));
  const callerOf = (audience: string | undefined): Caller => ({
    ...anonymous,
    audience: audience === 'partners' ? audience : undefined,
    scopes: new Set(audience === 'hears' ? ['names'] : []),
  });
  const graphql = createGraphqlLane({
    config,
    enter: ({ headers }, res) => {
      const caller = callerOf(headers['x-audience']?.toString());
      return {
        is: 'admitted',
        scope: createRequestScope({ headers, signal: clientSignal(res), responseHeaderRules: {}, caller }),
      };
    },
    handlerFor: ({ audience }) => (audience === 'partners' ? partners : whole),
  });
  const lanes = { graphqlPath: config.path, graphql, readiness: () => ({ ready: true, upstreams: {} }) };
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, lanes: () => lanes, drainMs: 1000 });
  const client = graphqlClient(`${server.url}${config.path}`);
  return {
    close: server.close,
    ask: async (audience, query, variables) => client(query, variables, { 'x-audience': audience }),
  };
}

/** The hidden names that an answer tells and the question did not. */
function toldBy({ text }: GraphqlAnswer, asked: string): readonly string[] {
  return hiddenNames.filter(
    (name) => new RegExp(`\\b${name}\\b`).test(text) && !new RegExp(`\\b${name}\\b`).test(asked),
  );
}

for (const engine of engines) {
  describe(`an audience of the ${engine} engine`, () => {
    let served: Served;
    before(async () => {
      served = await serve(engine);
    });
    after(async () => served.close());

    test('reads a valid schema by introspection that names nothing hidden; others read all', async () => {
      const query = getIntrospectionQuery({ inputValueDeprecation: true });
      const [theirs, whole] = await Promise.all([served.ask('partners', query), served.ask('none', query)]);
      assert.deepEqual(toldBy(theirs, ''), []);
      assert.deepEqual(toldBy(whole, '').toSorted(), hiddenNames.toSorted());
      const schema = buildClientSchema(theirs.data as unknown as IntrospectionQuery);
      assert.deepEqual(Object.keys(schema.getQueryType()?.getFields() ?? {}), [
        'person',
        'worker',
        'anyone',
        'everyone',
        'topScore',
      ]);
      for (const name of ['Robot', 'RobotFilter', 'SalaryBand', 'Mutation']) {
        const one = await served.ask('partners', `{ __type(name: "${name}") { name fields { name } } }`);
        assert.deepEqual(one.data, { __type: null });
      }
      const types = await served.ask('partners', '{ __type(name: "Worker") { possibleTypes { name } } }');
      assert.deepEqual(types.data, { __type: { possibleTypes: [{ name: 'Person' }] } });
    });

    const misspelt: readonly (readonly [query: string, variables?: Record<string, unknown>])[] = [
      ['{ person { badgeNumbe } }'],
      ['{ person { salaryBan { lower } } }'],
      ['{ anyone { serialCode } }'],
      ['{ worker { serialCode } }'],
      ['{ worker { serialCod } }'],
      ['{ worker { ... on Robt { name } } }'],
      ['{ robot { name } }'],
      ['{ person { friends(secretl: true) { name } } }'],
      ['{ person { friends(sorting: { moodines: 1 }) { name } } }'],
      ['{ person(mood: GLASS) { name } }'],
      ['{ person(mood: "GLASSY") { name } }'],
      ['query ($filter: RobotFilte) { person { name } }'],
      ['query ($mood: Mood) { person(mood: $mood) { name } }', { mood: 'GLASS' }],
      ['query ($s: Sorting) { person { friends(sorting: $s) { name } } }', { s: { moodines: 1 } }],
      ['mutation { rebootRobot }'],
    ];
    for (const [query, variables] of misspelt) {
      test(`hears of nothing hidden by asking ${query} ${variables ? JSON.stringify(variables) : ''}`, async () => {
        const answer = await served.ask('partners', query, variables);
        assert.equal(answer.data, null);
        assert.notEqual(answer.errors.length, 0);
        assert.deepEqual(toldBy(answer, query + JSON.stringify(variables)), []);
      });
    }

    const named: readonly (readonly [query: string, variables?: Record<string, unknown>])[] = [
      ['{ person { badgeNumber } }'],
      ['{ person { x: salaryBand { lower } } }'],
      ['{ worker { ... on Robot { name } } }'],
      ['fragment F on Robot { serialCode } { anyone { ...F } }'],
      ['{ robots { name } }'],
      ['{ person { friends(secretly: true) { name } } }'],
      ['{ person { friends(sorting: { moodiness: 1 }) { name } } }'],
      ['{ person(mood: GLASSY) { name } }'],
      ['query ($m: Mood = GLASSY) { person(mood: $m) { name } }'],
      ['query ($m: Mood) { person(mood: $m) { name } }', { m: 'GLASSY' }],
      ['query ($s: Sorting) { person { friends(sorting: $s) { name } } }', { s: { moodiness: 1 } }],
      ['query ($f: RobotFilter) { person { name } }'],
      ['mutation { rebootRobots }'],
    ];
    test('is refused what is hidden, by whatever way it asks, also after others have run it', async () => {
      for (const [query, variables] of named) {
        for (const upstream of upstreams) upstream.requests.length = 0;
        const answer = await served.ask('partners', query, variables);
        assert.equal(answer.data, null, query);
        assert.notEqual(answer.errors.length, 0, query);
        assert.deepEqual(
          upstreams.flatMap(({ requests }) => requests),
          [],
          query,
        );
      }
      for (const query of ['{ person { badgeNumber } }', '{ robots { name serialCode } }']) {
        for (const audience of ['none', 'none', 'partners', 'none']) {
          const { data, errors } = await served.ask(audience, query);
          assert.equal(data === null, audience === 'partners', `${audience}: ${query}`);
          assert.equal(errors.length > 0, audience === 'partners');
        }
      }
    });

    test('reads fields of several upstreams that are joined by a key that it does not see', async () => {
      for (const upstream of upstreams) upstream.requests.length = 0;
      const { data, errors } = await served.ask('partners', '{ person { name score } }');
      assert.deepEqual(errors, []);
      assert.deepEqual(data, { person: { name: 'Ann', score: 70 } });
      assert.equal(upstreams[1]?.requests.length, 1);
    });

    test('gets null for an object of a hidden type and for a hidden enum value, and reads no name of theirs', async () => {
      for (const [query, data] of [
        ['{ worker { __typename name } }', { worker: null }],
        ['{ anyone { __typename ... on Person { name } } }', { anyone: null }],
        [
          '{ everyone { __typename ... on Person { name } } }',
          { everyone: [{ __typename: 'Person', name: 'Ann' }, null] },
        ],
        ['{ person { name mood } }', { person: { name: 'Ann', mood: null } }],
      ] as const) {
        const answer = await served.ask('partners', query);
        assert.deepEqual(answer.data, data, query);
        assert.deepEqual(toldBy(answer, ''), [], query);
        assert.doesNotMatch(answer.text, /R2/, query);
      }
    });
  });
}

describe('suggestions of names in validation errors', () => {
  const mayHear = ({ scopes }: Caller): boolean => scopes.has('names');
  const near = '{ person { nam moo } worker { serialCode } }';
  const heard = [
    'Cannot query field "nam" on type "Person". Did you mean "name"?',
    'Cannot query field "moo" on type "Person". Did you mean "mood"?',
    'Cannot query field "serialCode" on type "Worker". Did you mean to use an inline fragment on "Robot"?',
  ];
  const quiet = heard.map((message) => message.replace(/ Did.*/, ''));

  test('are for callers who may hear of them: each gets their own errors of one document, in any order', async (t) => {
    for (const order of [
      ['hears', 'none', 'hears', 'none'],
      ['none', 'hears', 'none', 'hears'],
    ]) {
      const served = await serve('compiled', [hideSuggestions(mayHear)]);
      t.after(async () => served.close());
      for (const caller of order) {
        const { errors, status } = await served.ask(caller, near);
        assert.deepEqual(
          errors.map(({ message }) => message),
          caller === 'hears' ? heard : quiet,
        );
        assert.deepEqual(
          errors.map(({ extensions }) => extensions['code']),
          Array(3).fill('GRAPHQL_VALIDATION_FAILED'),
        );
        assert.deepEqual(
          errors.map((error) => Reflect.get(error, 'locations')),
          [[{ line: 1, column: 12 }], [{ line: 1, column: 16 }], [{ line: 1, column: 31 }]],
        );
        assert.equal(status, 200);
      }
      const both = await Promise.all(['none', 'hears', 'none'].map(async (caller) => served.ask(caller, near)));
      assert.deepEqual(
        both.map(({ text }) => text.includes('Did you mean')),
        [false, true, false],
      );
    }
  });

  test('are taken from what other policies leave of the errors, and nothing else is', async (t) => {
    const served = await serve('compiled', [explainMissingSchema(['stock']), hideSuggestions(mayHear)]);
    t.after(async () => served.close());
    const { errors } = await served.ask('none', '{ person(mood: GLADD) { nam } }');
    assert.deepEqual(
      errors.map(({ message, extensions }) => [extensions['code'], message]),
      [
        ['GRAPHQL_VALIDATION_FAILED', 'Value "GLADD" does not exist in "Mood" enum.'],
        [
          'UPSTREAM_SCHEMA_UNAVAILABLE',
          'Cannot query field "nam" on type "Person". The schema of upstream "stock" is not available at the moment; it may define this.',
        ],
      ],
    );
  });

  test('do not keep a valid operation from being answered', async (t) => {
    const served = await serve('compiled', [hideSuggestions(mayHear)]);
    t.after(async () => served.close());
    assert.deepEqual((await served.ask('none', '{ person { score } }')).data, { person: { score: 70 } });
  });
});
