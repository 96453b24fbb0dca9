import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { parse } from 'graphql';
import { reference } from '../../src/index.ts';
import type { FieldContext } from '../../src/index.ts';
import { createLocalFacade } from '../../src/upstream/facade/local.ts';
import { createRestFacade } from '../../src/upstream/facade/rest/facade.ts';
import type { FakeHandler } from '../support/fake-upstream.ts';
import { closeFacades, entitiesOf, newScope, person, plain, startFacade, users } from '../support/rest-facade.ts';
import type { Started } from '../support/rest-facade.ts';

afterEach(closeFacades);

describe('the gateway itself as a facade', () => {
  const own = /* GraphQL */ `
    type Page @key(fields: "userId") { userId: ID! user: User top: [User!] name: String broken: Int! }
    type User @key(fields: "id", resolvable: false) { id: ID! }
    type Query { page(userId: ID!): Page }
  `;
  const pages = {
    Query: { page: (_query: unknown, { userId }: { readonly userId: string }) => ({ userId, userRef: userId }) },
    Page: {
      user: reference({ id: 'userId' }),
      top: async (_page: unknown, _args: unknown, context: FieldContext) =>
        (await context.query('users', '{ users { id } }'))['users'],
      name: async (page: { readonly userId: string }, _args: unknown, context: FieldContext) => {
        const user = (await context.call(users.get('/users/{id}'), { id: page.userId })) as {
          readonly full_name: string;
        } | null;
        return user?.full_name ?? null;
      },
    },
  };

  async function startOwn(handler: FakeHandler): Promise<Started> {
    const started = await startFacade(handler);
    const facade = createLocalFacade({ sdl: parse(own), declarations: pages, upstreams: { users: started.facade } });
    return {
      ...started,
      facade,
      ask: (query, variables = {}, scope = newScope()) => facade.execute({ document: parse(query), variables, scope }),
    };
  }

  test('fills fields by functions that ask other upstreams, by references and by properties', async () => {
    const { ask } = await startOwn(({ path }) => ({ json: path === '/users' ? { items: [person(8)] } : person(1) }));
    assert.deepEqual(plain(await ask('{ page(userId: 1) { userId user { __typename id } top { id } name } }')), {
      data: { page: { userId: '1', user: { __typename: 'User', id: '1' }, top: [{ id: '8' }], name: 'User 1' } },
    });
  });

  test('knows its entities by their representations', async () => {
    const { ask } = await startOwn(() => ({ status: 404 }));
    const of = [{ __typename: 'Page', userId: 4 }, { __typename: 'Nothing' }];
    assert.deepEqual(plain(await ask(`${entitiesOf} ... on Page { userId name } } }`, { of })), {
      data: { _entities: [{ userId: '4', name: null }, null] },
      errors: ['_entities.1: INTERNAL_ERROR of gateway'],
    });
  });

  test('passes the errors of upstreams on, and calls its own internal', async () => {
    const { ask } = await startOwn(() => ({ status: 500 }));
    assert.deepEqual(plain(await ask('{ page(userId: 1) { top { id } name } }')), {
      data: { page: { top: null, name: null } },
      errors: ['page.name: UPSTREAM_FAILED of users', 'page.top: UPSTREAM_FAILED of users'],
    });
    assert.deepEqual(plain(await ask('{ page(userId: 1) { broken } }')), {
      data: { page: null },
      errors: ['page.broken: INTERNAL_ERROR of gateway'],
    });
  });

  test('refuses a call that stands in the wrong file, as every upstream does', () => {
    const config = { name: 'orders', errors: {}, concurrency: 1 };
    const send = () => Promise.reject(new Error('sent'));
    const declarations = { Query: { page: users.get('/page') } };
    assert.throws(
      () => createRestFacade({ config, sdl: parse(own), declarations, send, headers: () => ({}) }),
      /Query\.page must be filled by upstream "orders" here, but got a call of "users"/,
    );

    assert.throws(
      () => createLocalFacade({ sdl: parse(own), declarations, upstreams: {} }),
      /Query\.page: a call must stand in/,
    );
  });
});
