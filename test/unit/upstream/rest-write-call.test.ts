import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError, rest } from '../../../src/index.ts';
import { readPath } from '../../../src/lib/read-path.ts';
import { throughNull, writeCall } from '../../../src/upstream/facade/rest/write-call.ts';
import type { RestCall } from '../../../src/index.ts';

const users = rest('users');

function write(
  call: RestCall,
  values: Readonly<Record<string, unknown>>,
): { address: string; body: string | undefined } {
  const { path, query, body } = writeCall(call, (name) => readPath(values, name));
  return { address: path + query, body };
}

const one = users.get('/users/{id}/mail');

describe('a value cannot change the path', () => {
  const encoded: readonly (readonly [string, string])[] = [
    ['../admin', '/users/..%2Fadmin/mail'],
    ['a/b', '/users/a%2Fb/mail'],
    ['%2e%2e', '/users/%252e%252e/mail'],
    ['1?all=true', '/users/1%3Fall%3Dtrue/mail'],
    ['1#x', '/users/1%23x/mail'],
    ['\r\nx-admin: 1', '/users/%0D%0Ax-admin%3A%201/mail'],
    ['a\\b', '/users/a%5Cb/mail'],
  ];
  for (const [id, address] of encoded) {
    test(`${JSON.stringify(id)} stays one segment`, () => assert.equal(write(one, { id }).address, address));
  }

  const refused: readonly (readonly [unknown, RegExp])[] = [
    ['', /"id" must not be empty/],
    ['.', /"id" must not be "\." or "\.\."/],
    ['..', /"id" must not be "\." or "\.\."/],
    [null, /"id" must be given/],
    [undefined, /"id" must be given/],
    [{ a: 1 }, /"id" must be a text, number or boolean/],
    ['\ud800', /"id" must be well-formed Unicode/],
  ];
  for (const [id, message] of refused) {
    test(`${JSON.stringify(id) ?? 'nothing'} is refused as the client's mistake`, () => {
      assert.throws(
        () => write(one, { id }),
        (error: unknown) =>
          error instanceof GatewayError && error.code === 'BAD_USER_INPUT' && message.test(error.message),
      );
    });
  }

  test('two values beside each other cannot make ".." together', () => {
    assert.throws(() => write(users.get('/files/{a}{b}'), { a: '.', b: '.' }), /must not be "\." or "\.\."/);
  });
});

describe('query parameters', () => {
  test('are left out where their value is not given or null', () => {
    const call = users.get('/users', { query: { status: '{status}', page: '{page}', sort: 'name', like: 'x-{q}' } });
    assert.equal(write(call, { page: null }).address, '/users?sort=name');
    assert.equal(
      write(call, { status: 'a b&c', page: 2, q: '+' }).address,
      '/users?status=a%20b%26c&page=2&sort=name&like=x-%2B',
    );
  });

  test('join lists with commas that items cannot fake', () => {
    assert.equal(
      write(users.get('/users', { query: { ids: '{ids}' } }), { ids: ['1', 2, 'a,b'] }).address,
      '/users?ids=1,2,a%2Cb',
    );
  });
});

describe('bodies', () => {
  const body = (template: Parameters<typeof users.post>[1], values: Readonly<Record<string, unknown>>) =>
    JSON.parse(write(users.post('/users', template), values).body ?? 'null') as unknown;

  test('keep the type of a value that is the whole template', () => {
    const template = { body: { age: '{age}', tags: '{tags}', on: '{on}', text: 'a{age}', fixed: 1 } };
    assert.deepEqual(body(template, { age: 7, tags: ['x'], on: false }), {
      age: 7,
      tags: ['x'],
      on: false,
      text: 'a7',
      fixed: 1,
    });
  });

  test('leave out what is not given and keep null', () => {
    assert.deepEqual(body({ body: { name: '{input.name}', email: '{input.email}' } }, { input: { email: null } }), {
      email: null,
    });
  });

  test('leave out a nested object that has nothing, and make it null with what it is read from', () => {
    const call = users.patch('/users', { body: { name: '{name}', address: { city: '{address.city}' } } });
    assert.equal(write(call, { name: 'x' }).body, '{"name":"x"}');
    const written = writeCall(call, ([head]) => (head === 'address' ? throughNull : 'x'));
    assert.equal(written.body, '{"name":"x","address":null}');
  });

  test('are an empty object where every property is left out, and absent where the call has none', () => {
    assert.equal(write(users.post('/users', { body: { name: '{name}' } }), {}).body, '{}');
    assert.equal(write(users.post('/users'), {}).body, undefined);
  });
});
