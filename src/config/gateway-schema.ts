import { z } from 'zod';
import { addresses, securityHeaders, cors, door, forCallers, networks } from './access-schema.ts';
import { cache, routeCache } from './cache-schema.ts';
import { audiences, authorization, consumers, identity, tiers } from './identity-schema.ts';
import { limits } from './limit-schema.ts';
import { certificates, isPair, privateKey } from './pem-values.ts';
import { log } from './log-schema.ts';
import { batching, persisted } from './persisted-schema.ts';
import { rate, rates, routeRate } from './rate-schema.ts';
import { redis } from './redis-schema.ts';
import { telemetry } from './telemetry-schema.ts';
import { byteSize, duration, evenIfWrong, flag, headerName } from './values.ts';
import { integer, oneOf, routeMethods, section, text, urlPath } from './values.ts';

const ownBody = 'the gateway writes the body of a GraphQL answer itself';
const refusedResponseHeaders = {
  'content-length': ownBody,
  'content-type': ownBody,
  'content-encoding': ownBody,
  'x-request-id': 'the gateway sends its own',
};

const route = section({
  path: urlPath().describe('Path that is passed through, with all that is below it: /api/users'),
  upstream: text('the name of an upstream').describe('Name of the upstream that answers: upstreams/<name>.yaml'),
  stripPrefix: z
    .union([z.literal(''), urlPath()], { error: 'expected a path such as /api, or "" to keep the path whole' })
    .prefault('')
    .describe('Whole segments at the start of the path that are taken off before the call; "" keeps the path whole'),
  methods: z
    .array(oneOf(routeMethods), { error: 'expected a list of methods' })
    .min(1, { error: 'expected at least one method' })
    .default([...routeMethods])
    .describe('Methods that are served; others are refused with 405'),
  ...door,
  limits: rates(routeRate).default([]).describe('Limits of requests by this route'),
  cache: routeCache
    .prefault(false)
    .describe('Whether answers are kept, and how: true for as long as they say (RFC 9111)'),
});

const graphql = section({
  path: urlPath().default('/graphql').describe('Path of the GraphQL endpoint'),
  graphiql: forCallers().default(true).describe('Whether browsers get GraphiQL at the endpoint; or for whom'),
  introspection: forCallers().default(true).describe('Whether the schema may be asked for; or for whom'),
  suggestions: forCallers()
    .default(true)
    .describe('Whether errors suggest names of the schema ("Did you mean ..."); or for whom'),
  ...door,
  maxBodySize: byteSize().prefault('1MiB').describe('Largest request body; a larger one is refused with 413'),
  firstOperation: text('the path of a .graphql file')
    .optional()
    .describe('Operation that GraphiQL opens with and the start message names; relative to this file'),
  queryPlan: forCallers()
    .default(false)
    .describe(
      'Whether a request with the header "weft-query-plan: true" gets its plan in extensions.queryPlan; or for whom',
    ),
  timeline: forCallers()
    .default(false)
    .describe(
      'Whether a request with the header "weft-timeline: true" gets its upstream calls in extensions.timeline; or for whom',
    ),
  limits: rates(rate).default([]).describe('Limits of GraphQL requests'),
  batching: batching.optional().describe('Several operations in one request. Default none'),
  persisted: persisted.prefault({}).describe('Operations that are known by id'),
});

const tls = section({
  cert: certificates('a certificate chain').describe('Certificate chain (PEM); ${file:...} reads a file'),
  key: privateKey().describe('Private key (PEM); ${file:...} reads a file'),
  clientCa: certificates('certificates').optional().describe('Authorities (PEM) that client certificates must be from'),
  clientCertificate: oneOf(['none', 'request', 'require'])
    .default('none')
    .describe('Whether clients are asked for a certificate, or refused without one; needs clientCa'),
})
  .refine(
    ({ clientCa, clientCertificate: asked }) => !['request', 'require'].includes(asked) || clientCa !== undefined,
    {
      error: 'needs "clientCa" beside it',
      path: ['clientCertificate'],
      ...evenIfWrong,
    },
  )
  .refine(({ cert, key }) => isPair(cert, key), { error: 'the key is not that of the certificate', path: ['key'] });

/** `gateway.yaml`. Every key has a default, so an empty file is a whole configuration. */
export const gatewaySchema = section({
  host: text('a host name or address').default('127.0.0.1').describe('Address that is listened on; 0.0.0.0 for all'),
  port: integer(0, 65_535)
    .default(4000)
    .describe('TCP port; 0 lets the system choose. The environment variable PORT overrides it'),
  graphql: graphql.prefault({}).describe('The GraphQL endpoint'),
  engine: oneOf(['compiled', 'stitched'])
    .default('compiled')
    .describe('What runs operations: compiled plans, or the stitched schema, which is slower'),
  tls: tls.optional().describe('Serves HTTPS in place of HTTP'),
  trustedProxies: networks()
    .default([])
    .describe('Proxies in front whose forwarded, x-forwarded-* and client-cert fields are believed'),
  addresses: addresses.optional().describe('Addresses that may come in'),
  cors: cors.optional(),
  csrf: flag()
    .default(true)
    .describe('Whether requests that a browser sends from another site are refused, unless cors allows their origin'),
  securityHeaders: securityHeaders()
    .default({})
    .describe('Response headers beside or in place of the defaults; "" takes a default away'),
  redis: redis.optional().describe('What instances share: a server by its URL, Sentinel or a cluster'),
  identity: identity.prefault({}).describe('Who asks'),
  consumers,
  tiers,
  authorization: authorization.prefault({}).describe('What callers may read'),
  audiences,
  limits: limits.prefault({}).describe('How much may be asked'),
  cache: cache.prefault({}).describe('What is kept'),
  routes: z
    .array(route, { error: 'expected a list of routes' })
    .default([])
    .describe('REST passthrough: paths that go to an upstream as they are; the longest matching path wins'),
  responseHeaders: z
    .record(headerName(refusedResponseHeaders), oneOf(['append', 'first', 'most-restrictive']), {
      error: 'expected a mapping of header names to append, first or most-restrictive',
    })
    .default({})
    .describe(
      'Headers of upstream answers that the client of a GraphQL request gets; of several, all (append), the first, or the most restrictive',
    ),
  shutdown: section({
    drain: duration({ min: 0 }).prefault('20s').describe('Longest wait for running requests after SIGTERM'),
  })
    .prefault({})
    .describe('How the gateway stops'),
  stateDir: text('a folder')
    .default('.weft')
    .describe('Folder for the last good schema of each upstream; relative to this file'),
  telemetry: telemetry.prefault({}).describe('What is told of requests, and to whom'),
  log: log.prefault({}).describe('The log'),
});

export type GatewayValues = z.output<typeof gatewaySchema>;
