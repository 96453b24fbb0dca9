import { z } from 'zod';
import { traceFieldNames } from '../lib/propagation.ts';
import { printDuration } from '../lib/duration.ts';
import {
  byteSize,
  duration,
  evenIfWrong,
  flag,
  headerName,
  integer,
  offOr,
  oneAtLeast,
  oneOf,
  section,
  text,
  unlessWrong,
} from './values.ts';

/** `cache` of `gateway.yaml`, of routes and of `upstreams/*.yaml`. */

const longestAgeMs = 365 * 86_400_000;

function age() {
  return duration({ max: longestAgeMs });
}

function staleAge() {
  return duration({ min: 0, max: longestAgeMs });
}

function cacheScope() {
  return oneOf(['PUBLIC', 'PRIVATE']);
}

const stale = {
  staleWhileRevalidate: staleAge()
    .prefault('0s')
    .describe('How long past its time an answer is served while a new one is made; 0s: not'),
  staleIfError: staleAge()
    .prefault('0s')
    .describe('How long past its time an answer is served where no new one can be had; 0s: not'),
};

const hintKeys = {
  // The directive counts in seconds.
  maxAge: staleAge()
    .refine((ms) => ms % 1000 === 0, { error: 'expected whole seconds such as 60s' })
    .optional()
    .describe('Longest time that answers with it are kept: 60s; 0s for not at all'),
  scope: cacheScope().optional().describe('PRIVATE: answers with it are kept for each caller alone'),
  inheritMaxAge: z
    .literal(true, { error: 'expected true' })
    .optional()
    .describe('As long as what it stands in, in place of not at all'),
};

const hint = section(hintKeys)
  .refine((value) => Object.keys(value).length > 0, {
    error: `expected one at least of the keys ${Object.keys(hintKeys).join(', ')}`,
    ...unlessWrong,
  })
  .refine(({ maxAge, inheritMaxAge }) => maxAge === undefined || inheritMaxAge === undefined, {
    error: 'does not go with "maxAge", which says how long',
    path: ['inheritMaxAge'],
    ...evenIfWrong,
  })
  .meta({ minProperties: 1 });

const coordinateError = 'expected a type such as Product, or a field such as Query.products';
const coordinate = z
  .string({ error: coordinateError })
  .regex(/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?$/, { error: coordinateError });

const graphqlKeys = {
  fields: z
    .record(coordinate, hint, { error: 'expected a mapping of types and fields to hints' })
    .default({})
    .describe('What @cacheControl says, by type (Product) or field (Query.products); the strictest of both counts'),
  ...stale,
  partial: flag().default(false).describe('Whether answers with errors beside data are kept'),
  obeyUpstreams: flag()
    .default(true)
    .describe('Whether the cache-control of upstream answers shortens what hints allow'),
  invalidateByMutations: flag()
    .default(true)
    .describe('Whether mutations make answers with the objects of their result invalid'),
};

const typeError = 'expected the name of a type such as Product';
const typeName = z.string({ error: typeError }).regex(/^[A-Za-z_]\w*$/, { error: typeError });

const entity = section({
  maxAge: age().describe('How long an object of the type is kept: 60s'),
  scope: cacheScope().default('PUBLIC').describe('PRIVATE: objects of the type are kept for each caller alone'),
});

/** `cache` of `gateway.yaml`. */
export const cache = section({
  maxSize: byteSize().prefault('64MiB').describe('All that each instance keeps in memory'),
  maxEntrySize: byteSize()
    .optional()
    .describe('Largest body that is kept. Default: 1MiB, or maxSize where that is smaller'),
  store: oneOf(['memory', 'redis']).optional().describe('Where instances share. Default: redis where there is one'),
  timeout: duration({ max: 1000 }).prefault('10ms').describe('Longest wait for Redis on a look-up'),
  show: flag()
    .default(false)
    .describe('Whether requests with the header "weft-cache: true" read in x-cache what came of the cache'),
  graphql: offOr(graphqlKeys, section(graphqlKeys))
    .prefault(false)
    .describe('Whether GraphQL answers are kept, and how. Only what has a hint is'),
  entities: z
    .record(typeName, entity, { error: 'expected a mapping of types to maxAge and scope' })
    .default({})
    .describe('Objects that upstreams are asked for by key, by type. Default none'),
});

interface Ages {
  readonly maxAge?: number | undefined;
  readonly defaultMaxAge?: number | undefined;
}

const ages = {
  maxAge: age().optional().describe('Longest time an answer is fresh, whatever it says. Default: as it says'),
  defaultMaxAge: age()
    .optional()
    .describe('How long an answer is fresh that says nothing of it. Default: it is not kept'),
};

/** For `superRefine`: what an answer may not be longer by itself, it may not be by default. */
function defaultIsNoLonger({ maxAge, defaultMaxAge }: Ages, context: z.core.$RefinementCtx): void {
  if (maxAge === undefined || defaultMaxAge === undefined || defaultMaxAge <= maxAge) return;
  const message = `${printDuration(defaultMaxAge)} is longer than maxAge (${printDuration(maxAge)})`;
  context.addIssue({ code: 'custom', path: ['defaultMaxAge'], message });
}

/** Answers that mean nothing without the request that they answer (RFC 9111, 3). */
const neverKept: Readonly<Record<number, string>> = {
  206: '206 is never kept: it is a part of an answer',
  304: '304 is never kept: it says that the client has the answer',
};

const status = integer(200, 599, 'a final status').superRefine((value, context) => {
  const message = neverKept[value];
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const mediaTypeError = 'expected a media type without parameters and wildcards such as application/json';
const mediaType = z
  .string({ error: mediaTypeError })
  .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/, { error: mediaTypeError });

const credentials =
  'what of a credential goes upstream counts anyway, and "caller: true" gives each caller answers of its own';
const eachTime = 'it differs with each request';
const refusedKeyHeaders = {
  authorization: credentials,
  cookie: credentials,
  'x-request-id': eachTime,
  ...Object.fromEntries(traceFieldNames.map((name) => [name, eachTime])),
};

const keyParts = section({
  query: z
    .array(text('the name of a query parameter'), { error: 'expected a list of query parameters' })
    .optional()
    .describe('Query parameters that count, in any order; [] for none. Default: the whole query as it stands'),
  headers: z
    .array(headerName(refusedKeyHeaders, 'the header cannot tell answers apart'), {
      error: 'expected a list of header names',
    })
    .default([])
    .describe('Request headers that count beside those that vary names'),
  caller: flag().default(false).describe('Whether each caller has answers of its own; then private ones are kept too'),
});

const routeKeys = {
  ...ages,
  methods: oneAtLeast(oneOf(['GET', 'HEAD']), 'GET and HEAD')
    .default(['GET', 'HEAD'])
    .describe('Methods whose answers are kept'),
  statuses: oneAtLeast(status, 'statuses')
    .default([200, 203, 204, 300, 301, 308, 404, 410])
    .describe('Statuses of answers that are kept; never 206 and 304'),
  contentTypes: oneAtLeast(mediaType, 'media types')
    .optional()
    .describe('Media types of answers that are kept. Default all'),
  key: keyParts.prefault({}).describe('What tells answers apart beside method, URL and vary'),
  ...stale,
};

/** `cache` of a route. */
export const routeCache = offOr(routeKeys, section(routeKeys).superRefine(defaultIsNoLonger, unlessWrong));

/** `cache` of `upstreams/<name>.yaml`. */
export const upstreamCache = offOr(ages, section(ages).superRefine(defaultIsNoLonger, unlessWrong));

export type CacheValues = z.output<typeof cache>;
export type RouteCacheValues = z.output<typeof routeCache>;
export type UpstreamCacheValues = z.output<typeof upstreamCache>;
