import { z } from 'zod';
import { byteSize, duration, evenIfWrong, flag, integer, oneAtLeast, oneOf, section, text } from './values.ts';
import { limitMode, onOutage, rate, rates } from './rate-schema.ts';
import { graphqlName } from './security-values.ts';

/** `limits` of `gateway.yaml`, and what tiers say of documents and cost. */

const boundError = 'expected an integer of 1 or more, or none';
const bytesError = 'expected a size such as 128KiB, a number of bytes, or none';
const none = z.literal('none');

/** Numbers, as the file has them; `none` where there is no bound. */
function bound() {
  return z.union([none, integer(1)], { error: boundError });
}

const bounds = {
  maxBytes: z.union([none, integer(1), byteSize()], { error: bytesError }).describe('Longest text'),
  maxTokens: bound().describe('Most tokens'),
  maxDepth: bound().describe('Most fields below each other, fragments expanded'),
  maxAliases: bound().describe('Most aliases, fragments expanded'),
  maxRootFields: bound().describe('Most fields of the root type, fragments expanded'),
  maxDirectives: bound().describe('Most directives'),
  maxFragments: bound().describe('Most fragments: definitions, spreads and inline ones'),
  maxListItems: bound().describe('Most items of one list among arguments and variables'),
};

const documents = section({
  mode: limitMode().optional().describe('Default: as limits.mode says'),
  maxBytes: bounds.maxBytes.prefault('128KiB'),
  maxTokens: bounds.maxTokens.default(10_000),
  maxDepth: bounds.maxDepth.default(32),
  maxAliases: bounds.maxAliases.default(200),
  maxRootFields: bounds.maxRootFields.default(100),
  maxDirectives: bounds.maxDirectives.default(200),
  maxFragments: bounds.maxFragments.default(500),
  maxListItems: bounds.maxListItems.default(1000),
});

/** A tier's bounds in place of those of `limits.documents`. */
export const tierDocuments = section({
  maxBytes: bounds.maxBytes.optional(),
  maxTokens: bounds.maxTokens.optional(),
  maxDepth: bounds.maxDepth.optional(),
  maxAliases: bounds.maxAliases.optional(),
  maxRootFields: bounds.maxRootFields.optional(),
  maxDirectives: bounds.maxDirectives.optional(),
  maxFragments: bounds.maxFragments.optional(),
  maxListItems: bounds.maxListItems.optional(),
});

/** A tier's budget in place of `limits.cost.max`. */
export const tierCost = section({
  max: bound().optional().describe('Most points of one operation, or none. Default: as limits.cost says'),
});

const cost = section({
  mode: limitMode().optional().describe('Default: as limits.mode says'),
  max: bound().default('none').describe('Most points of one operation, or none'),
  upstreamMax: bound().default('none').describe('Most points of one operation at any one upstream, or none'),
  upstreams: z
    .record(z.string(), bound(), { error: 'expected a mapping of upstream names to points' })
    .default({})
    .describe('By upstream, in place of upstreamMax'),
  defaultListSize: integer(0, 1_000_000).default(10).describe('Length of lists that @listSize says nothing of'),
  show: flag()
    .default(false)
    .describe('Whether requests with the header "weft-cost: true" get estimated and actual cost'),
});

const fields = section({
  mode: limitMode().optional().describe('Default: as limits.mode says'),
  algorithm: oneOf(['fixed-window', 'sliding-window', 'token-bucket'])
    .default('fixed-window')
    .describe('What "max" and "window" of the directive mean'),
  onOutage: onOutage().optional().describe('Default: as limits.onOutage says'),
});

const kindError = 'expected query, mutation, subscription, or a list of them';
const operationKind = oneOf(['query', 'mutation', 'subscription']);

const coordinateError = 'expected a field such as Mutation.pay';
const coordinate = z
  .string({ error: coordinateError })
  .regex(/^[A-Za-z_]\w*\.[A-Za-z_]\w*$/, { error: coordinateError });

const messageError = 'expected a text of one line';
const oneLine = z
  .string({ error: messageError })
  .refine((value) => /^[^\p{Cc}\u2028\u2029]+$/u.test(value), { error: messageError });

// A time of day without a zone would be another one on each machine.
const timeError = 'expected a time with its zone such as 2026-12-01T00:00:00Z';

const meant = ['operations', 'names', 'fields', 'routes'] as const;

const killSwitch = section({
  operations: z
    .union([operationKind.transform((kind) => [kind]), oneAtLeast(operationKind, 'kinds of operation')], {
      error: kindError,
    })
    .optional()
    .describe('Kinds of operation: query, mutation, subscription. Default all'),
  names: oneAtLeast(graphqlName('an operation'), 'names of operations')
    .optional()
    .describe('Names of operations. Default all'),
  fields: oneAtLeast(coordinate, 'fields')
    .optional()
    .describe('Fields (Mutation.pay); operations that have one of them are meant. Default all'),
  routes: oneAtLeast(text('the path of a route'), 'paths of routes')
    .optional()
    .describe('Paths of routes; then no operation is meant'),
  until: z.iso
    .datetime({ offset: true, error: timeError })
    .transform((time) => Date.parse(time))
    .optional()
    .describe('When it ends by itself, with zone: 2026-12-01T00:00:00Z. Default never'),
  message: oneLine.optional().describe('What clients read'),
}).superRefine((value, context) => {
  const named = meant.filter((key) => value[key] !== undefined);
  if (named.length === 0) {
    context.addIssue({ code: 'custom', message: `expected one at least of the keys ${meant.join(', ')}` });
  }
  const [first] = named;
  if (value.routes !== undefined && first !== 'routes') {
    const message = `"${first}" is of GraphQL; a route goes into an entry of its own`;
    context.addIssue({ code: 'custom', path: ['routes'], message });
  }
}, evenIfWrong);

const headerKind = oneOf(['ratelimit', 'x-ratelimit']);

export const limits = section({
  mode: limitMode()
    .default('enforce')
    .describe('Default of all limits: off, measure (metrics and log say what would have been refused), or enforce'),
  store: oneOf(['memory', 'redis']).optional().describe('Where use is counted. Default: redis where there is one'),
  timeout: duration({ max: 1000 }).prefault('10ms').describe('Longest wait for Redis'),
  onOutage: onOutage()
    .default('local')
    .describe(
      'What holds while Redis is down or slow: allow everything, deny everything, or count against max / instances',
    ),
  instances: integer(1, 100_000).default(1).describe('Gateways that share the limits'),
  maxKeys: integer(1, 100_000_000)
    .default(100_000)
    .describe('Most callers and addresses that each limit counts in memory'),
  headers: z
    .array(headerKind, { error: 'expected a list of ratelimit and x-ratelimit; [] hides both' })
    .default(['ratelimit', 'x-ratelimit'])
    .describe('Response headers that tell of limits; [] hides them'),
  rates: rates(rate).default([]).describe('Rate limits, quotas, concurrency'),
  fields: fields.prefault({}).describe('What @rateLimit goes by'),
  documents: documents.prefault({}).describe('Bounds of the form of documents, each a number or none'),
  cost: cost.prefault({}).describe('What operations may cost'),
  disabled: z
    .array(killSwitch, { error: 'expected a list of what is not served' })
    .default([])
    .describe('Operations and routes that are not served for the time being'),
});

export type LimitsValues = z.output<typeof limits>;
export type BoundValues = z.output<typeof tierDocuments>;
