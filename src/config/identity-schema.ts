import { z } from 'zod';
import { access } from './access-schema.ts';
import { tierCost, tierDocuments } from './limit-schema.ts';
import { hasOneStore, keyStore, provider } from './provider-schema.ts';
import { rates, tierRate } from './rate-schema.ts';
import { httpUrl, names, partyName, scopes } from './security-values.ts';
import { duration, eitherOf, evenIfWrong, flag, headerName, headerValue, oneOf, section, text } from './values.ts';

/** `identity`, `consumers`, `tiers`, `authorization` and `audiences` of `gateway.yaml`. */

const revocations = section({
  ...keyStore,
  refresh: duration().prefault('1s').describe('Time between two looks at the list'),
  maxStale: duration().prefault('60s').describe('How old a list may be that cannot be read anew; then nobody is known'),
})
  .superRefine(hasOneStore, evenIfWrong)
  .refine(({ refresh, maxStale }) => maxStale >= refresh, {
    error: 'it is shorter than "refresh", so that the list would be too old before each look at it',
    path: ['maxStale'],
  });

export const identity = section({
  anonymous: flag().optional().describe('Whether requests without credentials pass. Default: only without providers'),
  providers: z
    .array(provider, { error: 'expected a list of providers' })
    .default([])
    .describe('Ways to know who asks; the first whose credentials a request has counts'),
  revocations: revocations.optional().describe('Tokens, subjects and keys that are no longer good'),
});

const grants = {
  scopes: scopes().default([]).describe('Scopes that it has beside those of the credentials'),
  roles: names('role').default([]).describe('Roles that it has beside those of the credentials'),
  audience: text('an audience').optional().describe('The audience whose part of the schema it sees'),
};

// As the mtls provider writes them: subjects by RFC 4514, DNS names in lower case.
const certificateError =
  'expected the name of a certificate: CN=acme, DNS:acme.example (lower case), URI:... or email:...';
const certificateName = z
  .string({ error: certificateError })
  .regex(/^(?:[A-Za-z\d.]+=\S|DNS:[^A-Z\s]+$|URI:\S+$|email:\S+$)/, { error: certificateError });

const hashError = 'expected a hash made by "weft keys hash-password": $argon2id$... or $scrypt$...';

const consumer = section({
  tier: text('a tier').optional().describe('One of "tiers"'),
  ...grants,
  provider: text('the name of a provider')
    .optional()
    .describe('Only its tokens and certificates are meant below. Default: those of every provider'),
  subjects: names('subject').default([]).describe('"sub" of tokens that are this consumer'),
  clients: names('client id').default([]).describe('Client ids of tokens that are this consumer'),
  certificates: z
    .array(certificateName, { error: 'expected a list of certificate names' })
    .default([])
    .describe('Certificates: CN=acme, DNS:acme.example, URI:spiffe://...'),
  passwordHash: z
    .string({ error: hashError })
    .regex(/^\$(?:argon2id|scrypt)\$(?:[^$\s]+\$){2,3}[^$\s]+$/, { error: hashError })
    .optional()
    .describe('For kind: basic; its name is the user'),
});

export const consumers = z
  .record(partyName(), consumer, { error: 'expected a mapping of consumer names' })
  .default({})
  .describe('Parties that are known by name');

const tier = section({
  ...grants,
  limits: rates(tierRate).default([]).describe('Limits of callers on it'),
  documents: tierDocuments.optional().describe('Bounds of documents in place of those of limits.documents'),
  cost: tierCost.optional().describe('Budget of an operation in place of that of limits.cost'),
});

export const tiers = z
  .record(partyName(), tier, { error: 'expected a mapping of tier names' })
  .default({})
  .describe('Plans that consumers and keys are on');

const writtenByGateway = 'the gateway writes it itself';
const refusedAuthoriserHeaders = {
  host: 'it follows from the URL',
  'content-length': writtenByGateway,
  'content-type': writtenByGateway,
};

export const authorization = section({
  mode: oneOf(['mask', 'reject'])
    .default('mask')
    .describe(
      'A field that the caller may not read is null with an error (mask), or the operation is refused (reject)',
    ),
  policies: section({
    module: text('the path of a module')
      .optional()
      .describe('Module that exports "policies": by name, a function of the caller; relative to this file'),
    url: httpUrl('an authoriser').optional().describe('HTTP authoriser that is asked by POST'),
    headers: z
      .record(headerName(refusedAuthoriserHeaders), headerValue('a text'), {
        error: 'expected a mapping of header names to values',
      })
      .default({})
      .describe('Headers for the authoriser'),
    timeout: duration().prefault('1s').describe('Longest wait for the authoriser'),
    cache: duration({ min: 0 }).prefault('30s').describe('How long an answer is kept; 0s keeps none'),
  })
    .superRefine(eitherOf('module', 'url'), evenIfWrong)
    .optional()
    .describe('What answers @policy'),
});

const audience = section({
  include: names('tag')
    .min(1, { error: 'expected one tag at least, or no "include" for everything' })
    .optional()
    .describe('Only what has one of these tags. Default: everything'),
  exclude: names('tag').default([]).describe('Nothing that has one of these tags'),
  callers: z
    .union([z.literal('everyone'), access('everyone')], { error: 'expected everyone, or a mapping that says who' })
    .optional()
    .describe('Who gets it, beside the consumers and tiers that name it'),
});

export const audiences = z
  .record(partyName(), audience, { error: 'expected a mapping of audience names' })
  .default({})
  .describe('Parts of the schema, chosen by @tag; the first whose callers fit counts');
