import {
  badToken,
  missing,
  toldChallenge,
  type Challenges,
  type Group,
  type Refused,
} from '../../../support/both-paths.ts';
import { asCaller, jwtFiles, jwtProvider } from '../../../support/shop-tokens.ts';

/** Who may come in by a door, once it is known who asks. */

const consumers = {
  acme: { subjects: ['acme-1'] },
  initech: { subjects: ['initech-1'], tier: 'pro', roles: ['partner'] },
};
const tiers = { pro: {}, free: {}, gold: { scopes: ['orders:read', 'orders:write'] } };
const provider = { ...jwtProvider, claims: { roles: 'realm.roles', tier: 'plan' } };
const identity = { providers: [provider] };

function denied(challenges: Challenges = toldChallenge('insufficient_scope')): Refused {
  return { status: 403, code: 'ACCESS_DENIED', challenges };
}

const good = {
  sub: 'acme-1',
  scope: 'a orders:read orders:write b',
  plan: 'pro',
  realm: { roles: ['partner', 'x'] },
  department: 'sales',
};
const scopes = 'orders:read orders:write';
const lacksScope = denied(toldChallenge('insufficient_scope', scopes));

const policies = `
export const policies = {
  'may-read-notes': () => false,
  'is-of-sales': (caller, request) => caller.claims['department'] === 'sales' && 'requestId' in request,
  'asks-somebody': async ({ claims }) => {
    if (claims['department'] === 'broken') throw new Error('secret reason');
    return claims['department'] !== 'vague' || 'yes';
  },
};
`;

export const access: Group = {
  name: 'a door that asks for scopes, a role, a tier, a consumer and policies',
  setUp: {
    gateway: {
      identity,
      consumers,
      tiers,
      authorization: { policies: { module: './policies.mjs' } },
    },
    door: {
      access: {
        scopes: ['orders:read', 'orders:write'],
        roles: ['partner', 'admin'],
        tiers: ['pro', 'gold'],
        consumers: ['acme'],
        policies: ['is-of-sales', 'asks-somebody'],
      },
    },
    files: { ...jwtFiles, 'policies.mjs': policies },
  },
  rows: [
    { name: 'nobody', refused: missing },
    { name: 'somebody who has all', headers: await asCaller(good), sees: { 'x-user-id': 'acme-1' } },
    {
      name: 'somebody who has one scope of two',
      headers: await asCaller({ ...good, scope: 'orders:read' }),
      refused: lacksScope,
    },
    { name: 'somebody who has no scopes', headers: await asCaller({ ...good, scope: undefined }), refused: lacksScope },
    {
      name: 'somebody whose scope is a part of one',
      headers: await asCaller({ ...good, scope: 'orders:readers orders:write' }),
      refused: lacksScope,
    },
    {
      name: 'somebody whose scopes come as a list',
      headers: await asCaller({ ...good, scope: ['orders:read', 'orders:write'] }),
    },
    {
      name: 'somebody whose tier has the scopes',
      headers: await asCaller({ ...good, scope: undefined, plan: 'gold' }),
    },
    {
      name: 'somebody without the role',
      headers: await asCaller({ ...good, realm: { roles: ['x'] } }),
      refused: denied(),
    },
    {
      name: 'somebody whose roles are a "__proto__"',
      headers: await asCaller({ ...good, realm: JSON.parse('{"__proto__":{"roles":["admin"]}}') }),
      refused: denied(),
    },
    { name: 'somebody of another tier', headers: await asCaller({ ...good, plan: 'free' }), refused: denied() },
    {
      name: 'somebody of a tier that is none',
      headers: await asCaller({ ...good, plan: 'platinum' }),
      refused: denied(),
    },
    { name: 'another consumer', headers: await asCaller({ ...good, sub: 'initech-1' }), refused: denied() },
    { name: 'no consumer', headers: await asCaller({ ...good, sub: 'somebody' }), refused: denied() },
    {
      name: 'somebody to whom a policy says no',
      headers: await asCaller({ ...good, department: 'hr' }),
      refused: denied(),
    },
    {
      name: 'somebody over whom a policy fails',
      headers: await asCaller({ ...good, department: 'broken' }),
      refused: denied(),
    },
    {
      name: 'somebody of whom a policy says neither yes nor no',
      headers: await asCaller({ ...good, department: 'vague' }),
      refused: denied(),
    },
  ],
};

export const alternatives: Group = {
  name: 'a door that asks for one of several sets of scopes',
  setUp: {
    gateway: { identity },
    door: { access: { scopes: [['a', 'b'], ['c']] } },
    files: jwtFiles,
  },
  rows: [
    { name: 'the one set', headers: await asCaller({ scope: 'b a' }) },
    { name: 'the other set', headers: await asCaller({ scope: 'c' }) },
    {
      name: 'half of one set',
      headers: await asCaller({ scope: 'a' }),
      refused: denied(toldChallenge('insufficient_scope', 'a b')),
    },
  ],
};

export const anonymous: Group = {
  name: 'a door that lets anonymous callers in',
  setUp: { gateway: { identity }, door: { anonymous: true }, files: jwtFiles },
  rows: [
    {
      name: 'nobody, with headers that claims fill',
      headers: { 'x-user-id': 'root', 'x-owner': 'acme' },
      sees: { 'x-user-id': undefined, 'x-owner': undefined },
    },
    { name: 'somebody', headers: await asCaller(), sees: { 'x-user-id': 'alice' } },
    {
      name: 'somebody with bad credentials, who is not taken for nobody',
      headers: await asCaller({ exp: 1 }),
      refused: badToken('CREDENTIALS_EXPIRED'),
    },
    {
      name: 'somebody with credentials that nobody here can read',
      headers: { authorization: 'Bearer opaque' },
      refused: badToken('CREDENTIALS_MALFORMED'),
    },
  ],
};

export const strict: Group = {
  name: 'a door that lets nobody in without credentials, where others do',
  setUp: { gateway: { identity: { ...identity, anonymous: true } }, door: { anonymous: false }, files: jwtFiles },
  rows: [
    { name: 'nobody', refused: missing },
    { name: 'somebody', headers: await asCaller(), sees: { 'x-user-id': 'alice' } },
  ],
};

export const guardedAnonymous: Group = {
  name: 'a door that lets anonymous callers in, and asks for a scope',
  setUp: { gateway: { identity }, door: { anonymous: true, access: { scopes: ['read'] } }, files: jwtFiles },
  rows: [
    { name: 'nobody', refused: missing },
    { name: 'somebody who has it', headers: await asCaller({ scope: 'read' }) },
  ],
};
