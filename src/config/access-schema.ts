import { z } from 'zod';
import { isFieldName } from '../lib/http-fields.ts';
import { parseNetwork } from '../lib/network.ts';
import { scope } from './security-values.ts';
import { flag, headerName, headerValue, integer, oneOf, section, text, unlessWrong } from './values.ts';

/** Who may come in and from where: values that the listener, routes and the GraphQL endpoint share. */

function nameList(what: string) {
  const error = `expected a list of ${what}s`;
  return z.array(text(`a ${what}`), { error }).min(1, { error: `${error}, one at least` });
}

/** `[a, b]`: both; `[[a, b], [c]]`: both, or `c`. */
function nameSets({ one, many }: { readonly one: string; readonly many: string }, name: z.ZodType<string>) {
  const error = `expected a list of ${many} that are all needed, or a list of such lists of which one is enough`;
  const set = z.array(name, { error }).min(1, { error: `expected one ${one} at least` });
  return z
    .array(z.union([name, set], { error: `expected a ${one}, or a list of ${many}` }), { error })
    .min(1, { error })
    .transform((list, context) => {
      const texts = list.filter((item) => typeof item === 'string');
      const sets = list.filter((item) => typeof item !== 'string');
      if (texts.length > 0 && sets.length > 0) context.addIssue({ code: 'custom', message: `${error}, not both` });
      return texts.length > 0 ? [texts] : sets;
    });
}

const accessKeys = {
  authenticated: z.literal(true, { error: 'expected true' }).optional().describe('The caller must be known'),
  scopes: nameSets({ one: 'scope', many: 'scopes' }, scope())
    .optional()
    .describe('Scopes: [a, b] asks for both, [[a, b], [c]] for both or for c'),
  roles: nameList('role').optional().describe('One of these roles'),
  tiers: nameList('tier').optional().describe('One of these tiers'),
  consumers: nameList('consumer').optional().describe('One of these consumers'),
  policies: nameSets({ one: 'policy', many: 'policies' }, text('a policy'))
    .optional()
    .describe('Policies that authorization.policies must grant, as scopes'),
};

/**
 * What a caller must have; all that is named must hold. A mapping that names nothing is refused, as it may be meant to let
 * everybody pass or nobody; `everybody` tells how the former is written.
 */
export function access(everybody: string) {
  return section(accessKeys)
    .refine((value) => Object.keys(value).length > 0, {
      error: `expected one at least of the keys ${Object.keys(accessKeys).join(', ')}, or ${everybody}`,
      ...unlessWrong,
    })
    .meta({ minProperties: 1 });
}

export type AccessValues = z.output<ReturnType<typeof access>>;

/** On for everyone, off, or on for the callers of a rule. */
export function forCallers() {
  return z.union([flag(), access('true for everybody')], {
    error: 'expected true, false or a mapping that says for whom',
  });
}

const networkError = 'expected an IPv4 or IPv6 address or network such as 10.0.0.0/8 or 2001:db8::/32';
const network = z
  .string({ error: networkError })
  .refine((value) => parseNetwork(value) !== undefined, { error: networkError });

export function networks() {
  return z.array(network, { error: 'expected a list of addresses and networks' });
}

export const addresses = section({
  allow: networks()
    .min(1, { error: 'expected one address or network at least, or no "allow" for all' })
    .optional()
    .describe('Only these addresses and networks pass. Default: all'),
  deny: networks().default([]).describe('These never pass, whatever "allow" says'),
});

const originError = 'expected an origin as browsers send it (https://app.example), with *. for one label, or * for all';

const originPattern = /^(?:\*|null|https?:\/\/(?:\*\.)?[^*/?#@\s]+)$/;

const origin = z
  .string({ error: originError })
  .refine((value) => isOrigin(value), { error: originError })
  .meta({ pattern: originPattern.source });

/** Browsers send lower-case letters, Punycode and no default port: an origin in another form would never match. */
function isOrigin(value: string): boolean {
  if (!originPattern.test(value)) return false;
  if (value === '*' || value === 'null') return true;
  const example = value.replace('*.', 'any.');
  return URL.parse(example)?.origin === example;
}

const fieldNameError = 'expected a header name such as x-request-id';

/** Names of headers, whatever they are for. */
export const fieldNames = z.array(z.string({ error: fieldNameError }).refine(isFieldName, { error: fieldNameError }), {
  error: 'expected a list of header names',
});

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
  credentials: flag().default(false).describe('Whether cookies and authorization may go along; not with * and null'),
  maxAge: integer(0, 86_400, 'a number of seconds')
    .default(600)
    .describe('Seconds for which a browser may keep the answer to a preflight'),
}).refine(({ credentials, origins }) => !credentials || !origins.some((name) => name === '*' || name === 'null'), {
  // Any site can send `origin: null`, from a sandboxed frame.
  error: 'credentials go with named origins only, not with * and null',
  path: ['credentials'],
});

export const cors = z
  .array(corsPolicy, { error: 'expected a list of policies, each with its origins' })
  .describe('CORS; the first policy that has the origin counts');

const ofBody = 'it describes the body';
const refusedSecurityHeaders = {
  'content-length': ofBody,
  'content-type': ofBody,
  'content-encoding': ofBody,
  'set-cookie': 'it would be the same for everybody',
  'x-request-id': 'the gateway sends its own',
};

/** Response headers; `""` takes a default away. */
export function securityHeaders() {
  return z.record(headerName(refusedSecurityHeaders), headerValue('a text; "" takes a default away'), {
    error: 'expected a mapping of header names to values',
  });
}

/** What a route or the GraphQL endpoint says for itself; the rest is as for the listener. */
export const door = {
  anonymous: flag()
    .optional()
    .describe('Whether requests without credentials pass here. Default: as identity.anonymous says'),
  access: access('no "access" for everybody').optional().describe('What callers must have to come in here'),
  addresses: addresses.optional().describe('Addresses that may come in here, in place of those of the listener'),
  cors: cors.optional(),
  csrf: flag().optional().describe('Whether requests from other sites are refused here. Default: as csrf says'),
  securityHeaders: securityHeaders()
    .optional()
    .describe('Response headers here, beside or in place of those of the listener; "" takes one away'),
};
