import { startAnswerServer, type AnswerServer } from './answer-server.ts';
import type { UpstreamCall } from './types.ts';

/** What the upstream says of `User.email`. */
const directives = {
  open: '',
  scopes: '@requiresScopes(scopes: [["profile"]])',
  policy: '@policy(policies: [["may-read"]])',
  tag: '@tag(name: "public")',
  limited: '@rateLimit(max: 1000000000, window: "1h")',
} as const;

export type SchemaName = keyof typeof directives;

/** The operation that is measured, and the right answer. */
export const operation = { query: '{ me { name email } }' };
export const person = { name: 'Ada', email: 'ada@example.org' };

/**
 * One small upstream in this process: federation by POST to `/<schema>`, JSON by GET, introspection of tokens by POST to
 * `/introspect`.
 */
export async function startPolicyUpstream(): Promise<AnswerServer> {
  return startAnswerServer(async (call) => ({
    status: 200,
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify(answerTo(call))),
  }));
}

function answerTo({ method, path, body }: UpstreamCall): object {
  if (method === 'GET') return person;
  if (path === '/introspect') return introspect(body);
  const [name] = path.slice(1).split('/');
  if (body.includes('_service')) return { data: { _service: { sdl: sdlOf(name as SchemaName) } } };
  return { data: { me: person } };
}

function introspect(body: string): object {
  const exp = Math.floor(Date.now() / 1000) + 7200;
  return { active: true, sub: new URLSearchParams(body).get('token'), scope: 'profile', exp };
}

function sdlOf(name: SchemaName): string {
  return `
    extend schema @link(
      url: "https://specs.apollo.dev/federation/v2.9"
      import: ["@key", "@requiresScopes", "@policy", "@tag"]
    )
    type Query { me: User }
    type User @key(fields: "name") {
      name: String!
      email: String ${directives[name]}
      notes: String ${name === 'tag' ? '@tag(name: "internal")' : ''}
    }
  `;
}
