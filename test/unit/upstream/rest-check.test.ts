import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'graphql';
import { loadResolvers } from '../../../src/assembly/resolvers.ts';
import { buildSourceSchemas } from '../../../src/composition/source-schemas.ts';
import { GatewayError, reference, rest } from '../../../src/index.ts';
import { checkDeclarations } from '../../../src/upstream/facade/rest/check-declarations.ts';
import { checkOpenApi } from '../../../src/upstream/facade/rest/check-openapi.ts';
import { readOpenApi } from '../../../src/upstream/facade/rest/openapi.ts';
import { filledFields } from '../../../src/upstream/facade/rest/read-declarations.ts';

const users = rest('users');
const User = users.entity({
  key: 'id',
  one: users.get('/users/{id}'),
  many: users.get('/users', { query: { ids: '{keys}' }, items: 'items', by: 'user_id' }),
  fields: { id: 'user_id', name: 'full_name' },
});

const sdl = parse(/* GraphQL */ `
  type User @key(fields: "id") { id: ID! name: String! friend: User address: Address }
  type Address { city: String }
  type Team @key(fields: "slug") { slug: ID! }
  enum Status { ACTIVE }
  union Any = User | Team
  input Wanted { city: CityInput }
  input CityInput { name: String }
  type Query { user(id: ID!): User users(wanted: Wanted, page: Int): [User!]! }
`);

const Query = { user: User.one(), users: users.get('/users', { items: 'items' }) };
const check = (declarations: Readonly<Record<string, unknown>>) =>
  checkDeclarations({
    sdl,
    declarations: { User, Query, ...declarations },
    file: 'resolvers/users.ts',
    upstream: 'users',
  });

describe('a resolvers file is held against its schema', () => {
  test('what fits has no problems', () => {
    const fits = {
      Query: {
        ...Query,
        users: users.get('/users', { query: { city: '{wanted.city.name}', page: '{page}' }, items: 'items' }),
      },
      Address: { city: 'town' },
      Status: { ACTIVE: 'active' },
      CityInput: { name: 'title' },
    };
    assert.deepEqual(check(fits), []);
  });

  const orders = rest('orders');
  const cases: readonly (readonly [
    promise: string,
    declarations: Readonly<Record<string, unknown>>,
    problem: string,
  ])[] = [
    ['an unknown type', { Usr: { a: 'b' } }, 'export "Usr": the schema has no type of this name; did you mean "User"?'],
    [
      'an unknown field',
      { Address: { citi: 'a' } },
      'Address.citi: the schema has no such field; did you mean "city"?',
    ],
    [
      'an export that is no declaration',
      { Address: 7 },
      'export "Address": fields must be an object by GraphQL field, but got: 7',
    ],
    ['a root field that nothing fills', { Query: { user: User.one() } }, 'Query.users: nothing fills it'],
    [
      'a root field read from a property',
      { Query: { ...Query, user: 'x' } },
      'Query.user: a root field must be filled by a call, look-up or function',
    ],
    [
      'a placeholder that is no argument',
      { Query: { ...Query, user: users.get('/users/{userId}') } },
      'Query.user: placeholder {userId} is not an argument',
    ],
    [
      'a placeholder that is no field of an input',
      { Query: { ...Query, users: users.get('/users', { query: { a: '{wanted.town}' } }) } },
      'Query.users: placeholder {wanted.town}: Wanted has no field "town"',
    ],
    [
      'a placeholder that is neither argument nor field of the parent',
      { Address: { city: users.get('/cities/{zip}') } },
      'Address.city: placeholder {zip} is not an argument or a field of Address',
    ],
    [
      'a call of another upstream',
      { Address: { city: orders.get('/x') } },
      'Address.city: a call of "orders" must stand in resolvers/orders, but is used for "users"',
    ],
    [
      'items for a single object',
      { Query: { ...Query, user: users.get('/users/{id}', { items: 'a' }) } },
      'Query.user: "items" needs a list, but the field is User',
    ],
    [
      'a look-up for a list',
      { Query: { ...Query, users: User.one({ id: 'page' }) } },
      'Query.users: a look-up gives one entity, but the field is a list',
    ],
    [
      'an entity by what is no key',
      { Team: users.entity({ key: 'id', one: users.get('/teams/{id}') }) },
      'export "Team": its key is "id", but the schema has "slug"',
    ],
    [
      'a reference by what is no key',
      {
        User: users.entity({ key: 'id', one: users.get('/users/{id}'), fields: { friend: reference({ name: 'x' }) } }),
      },
      'User.friend: the reference gives the key "name", but User has "id"',
    ],
    [
      'a reference to what has no key',
      { User: { address: reference({ id: 'x' }) } },
      'User.address: the reference gives the key "id", but Address has no @key',
    ],
    [
      'a reference on a root type',
      { Query: { ...Query, user: reference({ id: 'x' }) } },
      'Query.user: a root field has no parent that a reference could read',
    ],
    [
      'a dotted property of an input',
      { CityInput: { name: 'a.b' } },
      'CityInput.name: the property of an input field must have no dots',
    ],
    [
      'a filled field of an input',
      { CityInput: { name: users.get('/x') } },
      'CityInput.name: must be what the upstream calls it, as a text',
    ],
    ['an unknown enum value', { Status: { GONE: 'gone' } }, 'Status.GONE: the schema has no such name'],
    ['fields of a union', { Any: { id: 'x' } }, 'export "Any": must be an object, input or enum type'],
  ];
  for (const [promise, declarations, problem] of cases) {
    test(`${promise} is a problem with file, type and field`, () => {
      assert.deepEqual(check(declarations), [`resolvers/users.ts: ${problem}`]);
    });
  }

  test('a schema that refers to an unknown type is a problem, not a crash', () => {
    const [problem] = checkDeclarations({
      sdl: parse('type Query { a: Nope }'),
      declarations: {},
      file: 'r.ts',
      upstream: 'users',
    });
    assert.match(problem ?? '', /^r\.ts: the schema cannot be read: .*Nope/);
  });
});

const api = (paths: object, schemas: object = {}) =>
  readOpenApi(JSON.stringify({ openapi: '3.1.0', paths, components: { schemas } }), 'users.openapi.yaml');
const answers = (schema: object) => ({ responses: { 200: { content: { 'application/json': { schema } } } } });
const listOfUsers = {
  type: 'object',
  properties: { items: { type: 'array', items: { $ref: '#/components/schemas/User' } } },
};
const userSchema = {
  allOf: [
    { $ref: '#/components/schemas/Base' },
    {
      type: 'object',
      properties: {
        full_name: { type: 'string' },
        friend: { oneOf: [{ $ref: '#/components/schemas/User' }, { type: 'null' }] },
        address: { type: 'object', properties: { city: {} } },
      },
    },
  ],
};
const base = { type: 'object', properties: { user_id: { type: 'integer' } } };
const paths = {
  '/users/{user_id}': { get: answers({ $ref: '#/components/schemas/User' }) },
  '/users': { get: { ...answers(listOfUsers), parameters: [{ in: 'query', name: 'ids' }] } },
};

describe('calls are held against the OpenAPI document', () => {
  const problems = (
    openapi: ReturnType<typeof api>,
    declarations: Readonly<Record<string, unknown>> = { User, Query },
  ) => checkOpenApi({ openapi, declarations, sdl, file: 'resolvers/users.ts' });

  test('what fits has no problems; names of path parameters do not matter', () => {
    assert.deepEqual(problems(api(paths, { User: userSchema, Base: base })), []);
  });

  test('a path or method that is not there is named', () => {
    const Mutation = { drop: users.delete('/users/{id}') };
    const withDrop = parse('type Query { a: Int } type Mutation { drop: Boolean }');
    const openapi = api(paths, { User: userSchema, Base: base });
    const found = checkOpenApi({ openapi, declarations: { Mutation }, sdl: withDrop, file: 'r.ts' });
    assert.deepEqual(found, ['r.ts: Mutation.drop: users.openapi.yaml has no DELETE /users/{id}']);
  });

  test('query parameters must be there, and the required ones given', () => {
    const get = { ...answers(listOfUsers), parameters: [{ $ref: '#/components/parameters/Page' }] };
    const root = {
      openapi: '3.0.3',
      paths: { ...paths, '/users': { get } },
      components: {
        schemas: { User: userSchema, Base: base },
        parameters: { Page: { in: 'query', name: 'page', required: true } },
      },
    };
    assert.deepEqual(problems(readOpenApi(JSON.stringify(root), 'u.yaml')), [
      'resolvers/users.ts: User, "many": GET /users has no query parameter "ids"',
      'resolvers/users.ts: User, "many": GET /users needs the query parameter "page"',
      'resolvers/users.ts: Query.users: GET /users needs the query parameter "page"',
    ]);
  });

  test('a property that a field is read from must be in the answer', () => {
    const renamed = {
      type: 'object',
      properties: { user_id: {}, name: {}, friend: {}, address: { type: 'object', properties: {} } },
    };
    const one = 'resolvers/users.ts: User, "one": GET /users/{id} answers without';
    assert.deepEqual(problems(api(paths, { User: renamed })).slice(0, 2), [
      `${one} "full_name", which User.name is read from`,
      `${one} "city", which Address.city is read from`,
    ]);
  });

  test('the list of a batch and the key of its items must be in the answer', () => {
    const noKey = { type: 'object', properties: { full_name: {}, friend: {}, address: {}, id: {} } };
    const found = problems(api(paths, { User: noKey }), { User });
    assert.ok(found.includes('resolvers/users.ts: User, "many": GET /users answers items without "user_id"'));
    const noList = {
      ...paths,
      '/users': {
        get: { ...answers({ type: 'object', properties: { data: {} } }), parameters: [{ in: 'query', name: 'ids' }] },
      },
    };
    assert.ok(
      problems(api(noList, { User: userSchema, Base: base })).includes(
        'resolvers/users.ts: User, "many": GET /users answers without "items"',
      ),
    );
  });

  test('what the document leaves open is no problem', () => {
    for (const open of [{}, { type: 'object' }, { type: 'object', properties: {}, additionalProperties: true }]) {
      assert.deepEqual(problems(api(paths, { User: open })), []);
    }
  });

  test('a schema that refers to itself ends', () => {
    assert.deepEqual(problems(api(paths, { User: { $ref: '#/components/schemas/User' } })), []);
  });

  for (const [what, text] of [
    ['Swagger 2.0', 'swagger: "2.0"'],
    ['OpenAPI 4', 'openapi: 4.0.0'],
    ['a document of another kind', 'a: 1'],
    ['broken YAML', 'a: [1'],
  ] as const) {
    test(`${what} is refused with the file's name`, () => {
      assert.throws(
        () => readOpenApi(text, 'u.yaml'),
        (error: unknown) =>
          error instanceof GatewayError &&
          error.code === 'CONFIGURATION_INVALID' &&
          error.message.startsWith('u.yaml: '),
      );
    });
  }
});

const root = new URL('../../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

describe('the demo gateway', async () => {
  const names = ['users', 'orders', 'gateway'];
  const files = names.map((name) => [name, fileURLToPath(new URL(`resolvers/${name}.ts`, root))]);
  const resolvers = await loadResolvers(Object.fromEntries(files));
  const product = parse('type Product @key(fields: "id") { id: ID! } type Query { product: Product }');
  const contributions = names.map((name) => ({
    name,
    kind: name === 'gateway' ? ('local' as const) : ('rest' as const),
    file: `schema/${name}.graphql`,
    sdl: parse(read(`schema/${name}.graphql`)),
    filled: filledFields(resolvers.get(name) ?? {}),
  }));
  const products = { name: 'products', kind: 'graphql' as const, file: 'products', sdl: product, filled: [] };
  const { sources, problems } = buildSourceSchemas([...contributions, products], (name) => `http://${name}`);

  test('homes every field of the gateway', () => assert.deepEqual(problems, []));

  for (const { name, sdl: source } of sources.filter((candidate) => names.includes(candidate.name))) {
    const declarations = resolvers.get(name) ?? {};
    test(`resolvers/${name} fits its schema`, () => {
      assert.deepEqual(checkDeclarations({ sdl: source, declarations, file: name, upstream: name }), []);
    });
    if (name !== 'users') continue;
    test('resolvers/users fits its OpenAPI document', () => {
      const openapi = readOpenApi(read('upstreams/users.openapi.yaml'), 'users.openapi.yaml');
      assert.deepEqual(checkOpenApi({ openapi, declarations, sdl: source, file: name }), []);
    });
  }
});
