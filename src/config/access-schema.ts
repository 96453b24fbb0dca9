import { z } from 'zod';
import { parseNetwork } from '../lib/network.ts';
import { flag, integer, oneOf, section, text } from './values.ts';

/** Who may come in and from where: values that the listener, routes and the GraphQL endpoint share. */

const nameList = (what: string) => {
  const error = `expected a list of ${what}`;
  return z.array(text(`the name of one of the ${what}`), { error }).min(1, { error: `${error}, one at least` });
};

const setsError = 'expected a list of names that are all needed, or a list of such lists of which one is enough';

/** `[a, b]`: both; `[[a, b], [c]]`: both, or `c`. */
function nameSets(what: string) {
  const set = nameList(what);
  return z.union([set.transform((names) => [names]), z.array(set, { error: setsError }).min(1, { error: setsError })], {
    error: setsError,
  });
}

/** What a caller must have; all that is named must hold. */
export const access = section({
  authenticated: z.literal(true, { error: 'expected true' }).optional().describe('The caller must be known'),
  scopes: nameSets('scopes').optional().describe('Scopes: [a, b] asks for both, [[a, b], [c]] for both or for c'),
  roles: nameList('roles').optional().describe('One of these roles'),
  tiers: nameList('tiers').optional().describe('One of these tiers'),
  consumers: nameList('consumers').optional().describe('One of these consumers'),
  policies: nameSets('policies').optional().describe('Policies that authorization.policies must grant, as scopes'),
});

export type AccessValues = z.output<typeof access>;

/** On for everyone, off, or on for the callers of a rule. */
export function forCallers() {
  return z.union([flag(), access], { error: 'expected true, false or a mapping that says for whom' });
}

const network = z
  .string({ error: 'expected an address or network such as 10.0.0.0/8' })
  .refine((value) => parseNetwork(value) !== undefined, {
    error: 'expected an IPv4 or IPv6 address or network such as 10.0.0.0/8 or 2001:db8::/32',
  });

export function networks() {
  return z.array(network, { error: 'expected a list of addresses and networks' });
}

export const addresses = section({
  allow: networks().default([]).describe('Only these addresses and networks pass; empty: all'),
  deny: networks().default([]).describe('These never pass, whatever "allow" says'),
});

const originError = 'expected an origin such as https://app.example, https://*.app.example or *';
const origin = z
  .string({ error: originError })
  .regex(/^(?:\*|null|https?:\/\/(?:\*\.)?[\w.-]+(?::\d{1,5})?|https?:\/\/\[[0-9a-f:]+\](?::\d{1,5})?)$/i, {
    error: originError,
  });

const fieldNames = z.array(text('a header name'), { error: 'expected a list of header names' });

const corsPolicy = section({
  origins: z
    .array(origin, { error: 'expected a list of origins' })
    .min(1, { error: 'expected one origin at least' })
    .describe('Origins whose pages may read answers; * for all, https://*.app.example for one label'),
  methods: z
    .array(oneOf(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']), { error: 'expected a list of methods' })
    .default(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
    .describe('Methods that pages may use'),
  headers: fieldNames.optional().describe('Request headers that pages may send. Default: those that they ask for'),
  exposedHeaders: fieldNames.default(['x-request-id']).describe('Response headers that pages may read'),
  credentials: flag().default(false).describe('Whether cookies and authorization may go along; not with *'),
  maxAge: integer(0, 86_400).default(600).describe('Seconds for which a browser may keep the answer to a preflight'),
}).refine(({ credentials, origins }) => !credentials || !origins.includes('*'), {
  error: 'credentials go with named origins only, not with *',
  path: ['credentials'],
});

export const cors = z
  .array(corsPolicy, { error: 'expected a list of policies, each with its origins' })
  .describe('CORS; the first policy that has the origin counts');

/** What a route or the GraphQL endpoint says for itself; the rest is as for the listener. */
export const door = {
  anonymous: flag()
    .optional()
    .describe('Whether requests without credentials pass here. Default: as identity.anonymous says'),
  access: access.optional().describe('What callers must have to come in here'),
  addresses: addresses.optional().describe('Addresses that may come in here, in place of those of the listener'),
  cors: cors.optional(),
  csrf: flag().optional().describe('Whether requests from other sites are refused here. Default: as csrf says'),
};
