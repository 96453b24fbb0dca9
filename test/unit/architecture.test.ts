import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { errorCodes, statusOf } from '../../src/errors.ts';
import {
  findAnyTypes,
  findCycles,
  findDefaultExports,
  findForbiddenImports,
  findLongFiles,
  findSilencers,
  findStarExports,
  findUnknownRooms,
  readErrorTable,
  readSources,
  type Rooms,
  type SourceFile,
} from '../support/architecture.ts';

// Stages publish what happens; they know no listener.
const channels = 'telemetry/channels.ts';
const record = 'telemetry/record.ts';
// Plain data without behaviour: every stage is told by the configuration what to do, none reads a file for it.
const configTypes = 'config/types.ts';
const limitTypes = 'config/limit-types.ts';
const cacheTypes = 'config/cache-types.ts';
const telemetryTypes = 'config/telemetry-types.ts';

const rooms: Rooms = {
  lib: { may: [] },
  'errors.ts': { may: [], node: 'none' },
  // Listeners log errors by their code.
  telemetry: {
    may: ['lib', 'errors.ts'],
    types: [configTypes, telemetryTypes],
    packages: ['lru-cache', 'pino', 'pino-pretty', '@opentelemetry/'],
  },
  config: { may: ['lib', 'errors.ts'], packages: ['yaml', 'zod'] },
  composition: {
    may: ['lib', 'errors.ts', channels],
    types: ['upstream', configTypes, cacheTypes],
    packages: ['graphql', '@theguild/federation-composition', '@graphql-tools/'],
    node: 'offline',
    withoutWords: ['fetch'],
  },
  // Who asks: credentials in, a caller out. It asks identity servers and key stores itself, never an upstream.
  identity: {
    may: ['lib', 'errors.ts', channels, 'redis'],
    types: [configTypes, 'config/identity-types.ts'],
    packages: ['cookie', 'jose', 'lru-cache', 'undici'],
  },
  // Connections to Redis; what is kept there is for each room to say.
  redis: { may: ['lib', 'errors.ts', channels], types: [configTypes, limitTypes], packages: ['ioredis'] },
  // How much is used of what: charges in, a decision out. Who is charged for what is for policies to say.
  limits: {
    may: ['lib', 'errors.ts', channels, 'redis'],
    types: [limitTypes],
    // The named package speaks of resolvers' arguments.
    packages: ['graphql', 'graphql-rate-limit', 'lru-cache'],
  },
  // Documents that clients name by id or hash.
  persisted: {
    may: ['lib', 'errors.ts', channels],
    types: ['redis', 'identity/caller.ts', limitTypes],
    packages: ['graphql', 'lru-cache', 'undici'],
  },
  // What a document is: its form, what it costs, which fields it reads. The same document, the same numbers.
  operation: {
    may: ['lib', 'errors.ts'],
    types: ['composition', 'planner', limitTypes],
    packages: ['graphql'],
    node: 'none',
    withoutWords: ['async', 'await', 'Promise', 'Date', 'performance', 'random', 'crypto', 'setTimeout'],
  },
  // From a folder to facades and source schemas: it loads the user's own modules.
  assembly: {
    may: ['lib', 'errors.ts', channels, 'config', 'composition', 'upstream'],
    packages: ['graphql'],
    loadsFiles: true,
  },
  planner: {
    may: ['lib', 'composition/join-graph/'],
    types: [configTypes],
    packages: ['graphql'],
    node: 'none',
    // The same input gives an equal plan: no promises, clock, randomness or network.
    withoutWords: ['async', 'await', 'Promise', 'Date', 'performance', 'random', 'crypto', 'setTimeout'],
  },
  // All of GraphQL was decided in the plan.
  executor: { may: ['lib', 'errors.ts'], types: ['planner', 'upstream', configTypes], node: 'offline' },
  upstream: {
    may: ['lib', 'errors.ts', channels, record, 'identity/caller.ts', 'cache'],
    types: [configTypes, 'limits', cacheTypes],
    // Facades understand operations and `_entities`, so they read GraphQL.
    packages: ['graphql', '@graphql-tools/', 'dataloader', 'eventsource-parser', 'lru-cache', 'undici', 'yaml'],
  },
  // What is kept: stores, single flight, the rules of RFC 9111. It knows neither GraphQL nor sockets.
  cache: { may: ['lib', 'errors.ts', channels, 'redis'], types: [cacheTypes], packages: ['ioredis', 'lru-cache'] },
  // Policies say what a caller may do and tell telemetry; what makes the call is a type to them.
  policies: {
    may: [
      'lib',
      'errors.ts',
      channels,
      record,
      'telemetry/server-timing.ts',
      'cache',
      'identity',
      'limits',
      'operation',
      'composition/cost/',
    ],
    types: ['upstream', 'compiled', 'composition', configTypes, 'config/identity-types.ts', limitTypes, cacheTypes],
    packages: ['graphql', 'graphql-yoga', '@envelop/', 'lru-cache', 'undici'],
  },
  // Operations to programs: the planner decides, the executor runs.
  compiled: {
    may: ['lib', 'errors.ts', channels, record, 'composition', 'planner', 'executor', 'stitched'],
    types: ['upstream', configTypes],
    packages: ['graphql', '@graphql-tools/utils', 'lru-cache'],
    node: 'offline',
  },
  rest: {
    may: ['lib', 'errors.ts', channels, record, 'upstream', 'cache'],
    types: [configTypes, cacheTypes, 'identity/caller.ts'],
    packages: ['lru-cache', 'undici'],
  },
  // The schema is composed elsewhere; facades come in as values of a type.
  stitched: {
    may: ['lib', 'errors.ts', channels, 'composition'],
    types: ['upstream', configTypes],
    packages: ['graphql', '@graphql-tools/'],
    node: 'offline',
  },
  // Sockets and their requests; the two spines come in as values of gateway.ts's types.
  server: {
    may: ['lib', 'errors.ts', channels, record, 'telemetry/timeline.ts'],
    types: ['gateway.ts', 'upstream', 'persisted', 'identity/caller.ts', configTypes, 'config/identity-types.ts'],
    packages: ['graphql', 'graphql-yoga', '@graphql-yoga/'],
  },
  'gateway.ts': {
    may: [
      ...['lib', 'errors.ts', 'telemetry', 'config', 'composition', 'assembly', 'upstream'],
      ...['policies', 'server', 'caching.ts', 'figures.ts', 'generation.ts', 'security.ts'],
    ],
    packages: ['graphql'],
  },
  // What is kept, put together: one store for answers, routes, calls and entities.
  'caching.ts': {
    may: ['cache', 'composition', 'policies', 'rest', 'upstream'],
    types: ['assembly', 'config/types.ts', cacheTypes, 'redis'],
    packages: ['graphql'],
  },
  // What one supergraph is served by: an engine and a GraphQL handler for each audience, and the routes.
  'generation.ts': {
    may: [
      ...['lib', 'errors.ts', record, 'caching.ts', 'composition', 'compiled', 'operation', 'policies', 'rest'],
      ...['server', 'stitched'],
    ],
    types: [
      ...['assembly', 'identity/caller.ts', 'persisted', 'telemetry', 'upstream', configTypes],
      'config/identity-types.ts',
    ],
    packages: ['graphql'],
  },
  // How a gateway stands, read from its parts when somebody looks at its metrics.
  'figures.ts': {
    may: ['redis'],
    types: ['assembly', 'gateway.ts', 'generation.ts', 'security.ts', 'server', 'telemetry'],
  },
  // What stands in front of both spines, opened once for the life of the process.
  'security.ts': {
    may: [
      'lib',
      'errors.ts',
      channels,
      record,
      'assembly',
      'caching.ts',
      'composition',
      'identity',
      'limits',
      'persisted',
      'policies',
      'redis',
      'server',
      'upstream',
    ],
    types: [configTypes, 'config/identity-types.ts', limitTypes],
    packages: ['graphql'],
  },
  // One command each: they choose a gateway and a listener, or print what configuration and composition say.
  commands: {
    may: [
      'lib',
      'errors.ts',
      'telemetry',
      'config',
      'composition',
      'assembly',
      'stitched',
      'planner',
      'gateway.ts',
      'security.ts',
      'cache',
      'identity',
      'operation',
      'persisted',
      'redis',
      'server',
    ],
    types: ['upstream'],
    packages: ['graphql'],
  },
  'main.ts': { may: ['lib', 'errors.ts', 'telemetry', 'commands'] },
  'index.ts': { may: ['errors.ts', 'config', 'upstream', 'gateway.ts'], types: ['identity/caller.ts', 'policies'] },
};

const sources = readSources('src');
const noProblems: readonly string[] = [];

describe('the source', () => {
  for (const room of Object.keys(rooms)) {
    test(`${room} imports only what its row of the table allows`, () => {
      assert.deepEqual(findForbiddenImports(sources, rooms, room), noProblems);
    });
  }

  test('every file of src lies in a room of the table', () => {
    assert.deepEqual(findUnknownRooms(sources, rooms), noProblems);
  });

  test('no file loads itself through its imports', () => {
    assert.deepEqual(findCycles(sources), noProblems);
  });

  test('exports are named one by one', () => {
    assert.deepEqual(findStarExports(sources), noProblems);
    assert.deepEqual(findDefaultExports(sources), noProblems);
  });

  test('no file is longer than 500 lines', () => {
    assert.deepEqual(findLongFiles(sources, 500), noProblems);
  });

  test('nothing is of type any and no comment silences the compiler', () => {
    assert.deepEqual(findAnyTypes(sources), noProblems);
    assert.deepEqual(findSilencers(sources), noProblems);
  });

  test('the public API is exactly this', async () => {
    assert.deepEqual(Object.keys(await import('../../src/index.ts')).toSorted(), [
      'GatewayError',
      'loadGatewayFolder',
      'reference',
      'rest',
      'startGateway',
    ]);
  });

  test('the error table of README has the codes and statuses of src/errors.ts', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const expected = errorCodes.map((code) => `${code} ${statusOf(code)}`);
    assert.deepEqual(readErrorTable(readme).toSorted(), expected.toSorted());
  });
});

const source = (file: string, text: string): SourceFile => ({ file, text });

test('the table refuses what the rooms are there to keep apart', () => {
  const wrong = [
    ['lib', '../errors.ts'],
    ['telemetry', '../gateway.ts'],
    ['config', '../upstream/types.ts'],
    ['composition', 'undici'],
    ['composition', '../planner/plan.ts'],
    ['planner', 'node:crypto'],
    ['planner', '../upstream/types.ts'],
    ['executor', 'graphql'],
    ['executor', '../composition/definitions.ts'],
    ['planner', '../composition/definitions.ts'],
    ['upstream', '../policies/index.ts'],
    ['upstream', '../planner/plan.ts'],
    ['policies', '../server/listen.ts'],
    ['policies', '../executor/run.ts'],
    ['rest', '../planner/plan.ts'],
    ['stitched', '../upstream/facade/rest.ts'],
    ['server', '../policies/index.ts'],
    ['server', '../planner/plan.ts'],
    ['server', '../gateway.ts'],
  ] as const;
  for (const [room, specifier] of wrong) {
    const found = findForbiddenImports([source(`src/${room}/a.ts`, `import '${specifier}';`)], rooms, room);
    assert.equal(found.length, 1, `${room} imports ${specifier}`);
  }
});

describe('the rules', () => {
  const table: Rooms = {
    lib: { may: [] },
    upstream: { may: ['lib', channels], types: ['config'], packages: ['graphql', '@tools/'], node: 'offline' },
    planner: { may: ['lib'], node: 'none', withoutWords: ['Date'] },
    assembly: { may: [], loadsFiles: true },
  };
  const problemsOf = (file: string, text: string): readonly string[] =>
    findForbiddenImports([source(file, text)], table, file.split('/')[1] ?? '');

  test('an import of another room is wrong unless the row names the room or the file', () => {
    assert.deepEqual(problemsOf('src/lib/a.ts', "import { b } from '../upstream/b.ts';"), [
      'src/lib/a.ts:1: lib may not import ../upstream/b.ts',
    ]);
    assert.deepEqual(problemsOf('src/upstream/a.ts', "import { b } from '../telemetry/log.ts';").length, 1);
    assert.deepEqual(problemsOf('src/upstream/a.ts', "import { b } from '../telemetry/channels.ts';"), noProblems);
    assert.deepEqual(problemsOf('src/upstream/facade/a.ts', "import { b } from '../../lib/b.ts';"), noProblems);
    assert.deepEqual(problemsOf('src/upstream/facade/a.ts', "import { b } from '../b.ts';"), noProblems);
  });

  test('a re-export, a dynamic import and an import for its effect count as imports', () => {
    assert.equal(problemsOf('src/lib/a.ts', "export { b } from '../upstream/b.ts';").length, 1);
    assert.equal(problemsOf('src/lib/a.ts', "const b = await import('../upstream/b.ts');").length, 1);
    assert.equal(problemsOf('src/lib/a.ts', "import '../upstream/b.ts';").length, 1);
  });

  test('types may be open where values are not', () => {
    assert.deepEqual(problemsOf('src/upstream/a.ts', "import type { B } from '../config/types.ts';"), noProblems);
    assert.deepEqual(problemsOf('src/upstream/a.ts', "let b: import('../config/types.ts').B;"), noProblems);
    assert.equal(problemsOf('src/upstream/a.ts', "import { b } from '../config/types.ts';").length, 1);
    assert.equal(problemsOf('src/upstream/a.ts', "import { type B } from '../config/types.ts';").length, 1);
    assert.deepEqual(problemsOf('src/lib/a.ts', "import type { B } from '../config/types.ts';"), [
      'src/lib/a.ts:1: lib may not import the types of ../config/types.ts',
    ]);
  });

  test('a file outside of src is wrong everywhere', () => {
    assert.equal(problemsOf('src/upstream/a.ts', "import { b } from '../../upstreams/b.ts';").length, 1);
  });

  test('npm packages and node: are named too', () => {
    const text = "import 'graphql';\nimport 'graphql/language';\nimport '@tools/x';\nimport 'node:fs';";
    assert.deepEqual(problemsOf('src/upstream/a.ts', text), noProblems);
    assert.equal(problemsOf('src/upstream/a.ts', "import 'graphql-yoga';").length, 1);
    assert.equal(problemsOf('src/upstream/a.ts', "import 'node:http';").length, 1);
    assert.deepEqual(problemsOf('src/upstream/a.ts', "import type { Server } from 'node:http';"), noProblems);
    assert.deepEqual(problemsOf('src/lib/a.ts', "import 'node:http';"), noProblems);
    assert.equal(problemsOf('src/lib/a.ts', "import 'graphql';").length, 1);
    assert.equal(problemsOf('src/planner/a.ts', "import 'node:path';").length, 1);
  });

  test('a computed import is wrong but where modules of the user are loaded', () => {
    assert.deepEqual(problemsOf('src/lib/a.ts', 'await import(file);'), [
      'src/lib/a.ts:1: lib may not import a computed path',
    ]);
    assert.deepEqual(problemsOf('src/assembly/a.ts', 'await import(file);'), noProblems);
  });

  test('a name that a room does without is wrong in its code, not in its comments', () => {
    assert.deepEqual(problemsOf('src/planner/a.ts', '// Date\nconst now = Date.now();'), [
      'src/planner/a.ts:2: planner may not use Date',
    ]);
    assert.deepEqual(problemsOf('src/planner/a.ts', "// Date\nconst a = 'Date';"), noProblems);
  });

  test('a folder without a row is found', () => {
    assert.deepEqual(findUnknownRooms([source('src/lib/a.ts', ''), source('src/utils/a.ts', '')], table), [
      'src/utils/a.ts: utils has no row in the table',
    ]);
  });

  test('a cycle is found with its path, and types make none', () => {
    const a = source('src/lib/a.ts', "import { b } from './b.ts';");
    const b = source('src/lib/b.ts', "export { c } from './c/c.ts';");
    const c = source('src/lib/c/c.ts', "import { a } from '../a.ts';");
    assert.deepEqual(findCycles([a, b, c]), ['src/lib/a.ts -> src/lib/b.ts -> src/lib/c/c.ts -> src/lib/a.ts']);
    assert.deepEqual(findCycles([a, b, source(c.file, "import type { a } from '../a.ts';")]), noProblems);
    assert.deepEqual(findCycles([source('src/a.ts', "import './a.ts';")]), ['src/a.ts -> src/a.ts']);
  });

  test('star and default exports are found in every spelling', () => {
    const stars = ["export * from './b.ts';", "export * as b from './b.ts';", "export type * from './b.ts';"];
    for (const text of stars) assert.deepEqual(findStarExports([source('a.ts', text)]), ['a.ts:1: export *'], text);
    const defaults = ['export default 1;', 'const b = 1;export { b as default };', "export { b as default } from 'b';"];
    for (const text of defaults) {
      assert.deepEqual(findDefaultExports([source('a.ts', text)]), ['a.ts:1: default export'], text);
    }
    const fine = [source('a.ts', "export { b } from 'b';\nexport const a = 2 * 3;\nimport { default as c } from 'c';")];
    assert.deepEqual([...findStarExports(fine), ...findDefaultExports(fine)], noProblems);
  });

  test('any is found as a type, not as a name', () => {
    const wrong = ['let a: any;', 'f(a as any);', 'let a: Map<string, any[]>;', 'type A = { b: any };'];
    for (const text of wrong) assert.deepEqual(findAnyTypes([source('a.ts', text)]), ['a.ts:1: any'], text);
    const fine = "AbortSignal.any([a]); const any = 'any'; /* : any */ f({ any: 1 });";
    assert.deepEqual(findAnyTypes([source('a.ts', fine)]), noProblems);
  });

  test('a comment that silences the compiler is found', () => {
    for (const name of ['ignore', 'expect-error', 'nocheck']) {
      assert.equal(findSilencers([source('a.ts', `const a = 1;\n// @ts-${name} it is fine\na();`)]).length, 1, name);
    }
    assert.deepEqual(findSilencers([source('a.ts', "const a = '// @ts-ignore';")]), noProblems);
  });

  test('the 501st line is one too many', () => {
    const text = 'a;\n'.repeat(500);
    assert.deepEqual(findLongFiles([source('a.ts', text)], 500), noProblems);
    assert.deepEqual(findLongFiles([source('a.ts', `${text}b;\n`)], 500), ['a.ts: 501 lines, at most 500']);
  });

  test('the error table is read by code and status', () => {
    const readme = '# A\n\n| code | status |\n|---|--:|\n| `NOT_FOUND` | 404 | gone |\n|`A_B`|500|\n\n`BAD` 400\n';
    assert.deepEqual(readErrorTable(readme), ['NOT_FOUND 404', 'A_B 500']);
  });
});
