import { z } from 'zod';
import { isFieldValue } from '../lib/http-fields.ts';
import { traceFieldNames } from '../lib/propagation.ts';
import { upstreamCache } from './cache-schema.ts';
import { rates, upstreamRate } from './rate-schema.ts';
import type { CallerFact } from './types.ts';
import { byteSize, dottedPath, duration, flag, headerName, headerValueError } from './values.ts';
import { integer, oneOf, section, text } from './values.ts';

const sentAlways = 'the gateway sends its own with every call';
const refusedHeaders = {
  host: 'it follows from the target',
  'content-length': 'it follows from the body',
  'x-request-id': sentAlways,
  ...Object.fromEntries(traceFieldNames.map((name) => [name, 'the gateway writes it (telemetry.propagation)'])),
  expect: 'bodies are sent without asking',
};

const errorPath = dottedPath('error.message').optional();

const targetError = 'expected embedded, or an http:// or https:// URL without query and fragment';

const target = z
  .string({ error: targetError })
  .regex(/^(?:embedded|https?:\/\/[^?#\s]+)$/, { error: targetError })
  .refine((value) => value === 'embedded' || URL.canParse(value), { error: targetError });

const targetList = z
  .array(target, { error: 'expected a list of targets' })
  .min(1, { error: 'expected at least one target' })
  .refine((targets) => targets.length === 1 || !targets.includes('embedded'), {
    error: 'embedded stands for a server of its own and cannot be mixed with other targets',
  });

const headerText = z.union([z.string(), z.number(), z.boolean()]).refine((value) => isFieldValue(String(value)), {
  error: headerValueError,
});

const callerFacts: readonly CallerFact[] = ['id', 'consumer', 'tier', 'subject', 'scopes', 'roles'];
const sourceError = `expected client, claims.<path> such as claims.sub, or caller.<${callerFacts.join('|')}>`;

const headerSource = section({
  from: z
    .string({ error: sourceError })
    .regex(new RegExp(`^(?:client|claims\\..+|caller\\.(?:${callerFacts.join('|')}))$`), { error: sourceError })
    .describe("The client's header, a verified claim (claims.sub), or what is known of the caller (caller.tier)"),
  header: headerName(refusedHeaders)
    .optional()
    .describe('from: client: name of the header at the client, where it differs'),
}).refine(({ from, header }) => header === undefined || from === 'client', {
  error: 'goes with "from: client" only',
  path: ['header'],
});

interface Deadlines {
  readonly connect?: number | undefined;
  readonly headers?: number | undefined;
  readonly body?: number | undefined;
  readonly total: number;
}

const timeouts = section({
  connect: duration().optional().describe('Longest wait for a connection. Default: 1s, or total where that is shorter'),
  headers: duration().optional().describe('Longest wait for response headers. Default: total'),
  body: duration().optional().describe('Longest pause between two parts of a response body. Default: total'),
  total: duration().prefault('5s').describe('Longest time for one call'),
});

const pollText = 'a duration such as 10s, or off';

/** `upstreams/<name>.yaml`. */
export const upstreamSchema = section({
  kind: oneOf(['rest', 'graphql', 'federation']).describe(
    'What the upstream speaks: a REST API, plain GraphQL, or GraphQL as an Apollo Federation subgraph',
  ),
  targets: z
    .union([target.transform((value) => [value]), targetList], { error: `${targetError}, or a list of them` })
    .describe('Base URL, or several that are used in turn, or embedded: the stand-in server beside this file'),
  openapi: text('the path of an OpenAPI 3.1 document')
    .optional()
    .describe('OpenAPI 3.1 document that calls and mappings are checked against; relative to this file (kind: rest)'),
  schema: text('the path of a .graphql file')
    .optional()
    .describe('SDL file in place of introspection; relative to this file (kind: graphql and federation)'),
  headers: z
    .record(
      headerName(refusedHeaders),
      z.union([headerText, headerSource], {
        error: 'expected a text, or a mapping such as { from: client } or { from: claims.sub }',
      }),
      { error: 'expected a mapping of header names to values' },
    )
    .default({})
    .describe('Request headers; nothing that is not named here goes upstream'),
  timeout: z
    .union([duration().transform((total): Deadlines => ({ total })), timeouts], {
      error: 'expected a duration such as 800ms, or a mapping with the keys connect, headers, body, total',
    })
    .prefault({})
    .describe('Longest time for one call, or deadlines of its parts'),
  connections: integer(1).default(64).describe('Open sockets at most per target'),
  maxResponseSize: byteSize()
    .prefault('16MiB')
    .describe('Largest response body that is read; passthrough routes stream and are not bound by it'),
  concurrency: integer(1).default(10).describe('Single look-ups of one client request that run at once (kind: rest)'),
  errors: section({
    message: errorPath.describe('Path of the message'),
    code: errorPath.describe('Path of a code'),
    details: errorPath.describe('Path of what clients see as extensions.details'),
  })
    .prefault({})
    .describe("Dotted paths into the upstream's errors whose values clients may see"),
  shareInflight: flag()
    .default(true)
    .describe('Whether equal queries that run at once share one call (kind: federation)'),
  poll: z
    .union([z.literal('off').transform(() => 0), duration({ what: pollText })], { error: `expected ${pollText}` })
    .prefault('10s')
    .describe("Time between two looks at the upstream's schema, or off (kind: graphql and federation)"),
  limits: rates(upstreamRate).default([]).describe('Limits of calls to the upstream, GraphQL and REST alike'),
  cache: upstreamCache
    .prefault(false)
    .describe('Whether answers to the calls of operations are kept: true for as long as they say (kind: rest)'),
});

export type UpstreamValues = z.output<typeof upstreamSchema>;
