import { readId, readNumber } from './demo/read.ts';
import { Refusal } from './demo/refusal.ts';
import { startRest } from './demo/rest-server.ts';
import type { RestAnswer, RestRule } from './demo/rest-server.ts';
import { runAlone } from './demo/server.ts';
import type { DemoServer, StartOptions } from './demo/server.ts';
import type { User } from './demo/shapes.ts';
import { userStatuses, UserStore } from './demo/user-store.ts';

const mostIds = 50;

function found(user: User | undefined, id: string): RestAnswer {
  if (user === undefined) throw new Refusal(404, 'not_found', `There is no user ${id}.`);
  return { status: 200, body: user };
}

function list(users: UserStore, query: URLSearchParams): RestAnswer {
  const ids = query.get('ids');
  if (ids !== null) {
    const wanted = ids.split(',');
    if (wanted.length > mostIds) throw new Refusal(400, 'bad_query', `"ids" takes at most ${mostIds}.`);
    return { status: 200, body: { items: users.many(wanted.map(readId)), next: null } };
  }
  const status = query.get('status') ?? undefined;
  const known = userStatuses.find((candidate) => candidate === status);
  if (status !== known) throw new Refusal(400, 'bad_query', `"status" must be one of ${userStatuses.join(', ')}.`);
  return { status: 200, body: users.page(known, readNumber(query, { name: 'page', fallback: 1, high: 1_000_000 })) };
}

function create(users: UserStore, body: unknown): RestAnswer {
  const user = users.create(body);
  return { status: 201, body: user, headers: { location: `/users/${user.user_id}` } };
}

/** The accounts service: REST, described by `users.openapi.yaml`. Each server has accounts of its own. */
export function start(options?: StartOptions): Promise<DemoServer> {
  const users = new UserStore();
  const one = /^\/users\/([^/]+)$/;
  const rules: readonly RestRule[] = [
    { method: 'GET', path: /^\/users$/, answer: ({ query }) => list(users, query) },
    { method: 'POST', path: /^\/users$/, answer: ({ body }) => create(users, body) },
    { method: 'GET', path: one, answer: ({ params: [id = ''] }) => found(users.one(readId(id)), id) },
    { method: 'PATCH', path: one, answer: ({ params: [id = ''], body }) => found(users.patch(readId(id), body), id) },
  ];
  return startRest('users', rules, options);
}

if (import.meta.main) await runAlone('users', start);
