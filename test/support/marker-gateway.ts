import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { startMarkerUpstreams } from './marker-upstreams.ts';
import { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.ts';
import { makeFolder, runWeft, type WeftResult } from './run-weft.ts';
import type { Json } from './start-gateway.ts';

/** A whole gateway in a process of its own that tells all that it can tell, over upstreams that repeat what they get. */
export interface MarkerGateway {
  readonly url: string;
  readonly otlp: OtlpReceiver;
  /** Ends it as an operator does, and gives all that it printed. */
  readonly stop: () => Promise<WeftResult>;
}

export interface MarkerGatewayOptions {
  /** `log.access`. */
  readonly access: Json | boolean;
  /** Default `compiled`. */
  readonly engine?: 'compiled' | 'stitched';
  /** Of the log. Default `json`. */
  readonly format?: 'json' | 'text';
  /** A key of the tier `few`. */
  readonly apiKey: string;
  /** What tokens are signed with. */
  readonly tokenSecret: string;
}

const schema = /* GraphQL */ `
  type Person @key(fields: "id") {
    id: ID!
    name: String
    email: String @sensitive
    age: Int
  }
  type Query {
    person(id: ID!): Person
    kept(id: ID!, word: String): String
    lost(id: ID!): Person
    wrong(id: ID!): Person
    busy(id: ID!): Person
    failing(id: ID!): Person
    text(id: ID!): Person
    shapeless(id: ID!): Person
    cut(id: ID!): Person
    limited(id: ID!): Person @rateLimit(max: 1, window: "1h")
  }
`;

const resolvers = `
import { rest } from 'weft';

const people = rest('people');

export const Person = people.entity({ key: 'id', one: people.get('/people/{id}') });

export const Query = {
  person: Person.one(),
  kept: people.get('/kept/{id}', { query: { word: '{word}' }, at: 'said' }),
  lost: people.get('/lost/{id}'),
  wrong: people.get('/wrong/{id}'),
  busy: people.get('/busy/{id}'),
  failing: people.get('/failing/{id}'),
  text: people.get('/text/{id}'),
  shapeless: people.get('/shapeless/{id}'),
  cut: people.get('/cut/{id}'),
  limited: people.get('/people/{id}'),
};
`;

// Connecting is never what takes too long, whatever else the machine has to do.
const patient = { connect: '30s', total: '30s' };
const impatient = { connect: '10s', headers: '200ms', total: '10s' };

const formats = ['w3c', 'b3', 'b3-multi', 'jaeger'];

/** What is told, and to whom: everything, at once. */
function telemetryOf(otlp: OtlpReceiver, { access, format = 'json' }: MarkerGatewayOptions): Json {
  return {
    log: {
      level: 'trace',
      format,
      access,
      slowerThan: '1ms',
      redact: { headers: ['x-hidden'], queryParameters: ['token'] },
    },
    telemetry: {
      serverTiming: true,
      propagation: { accept: formats, send: formats, baggage: ['tenant'] },
      traces: { sample: '100%', otlp: { url: otlp.url, interval: '50ms' } },
      metrics: { otlp: { url: otlp.url.replace('traces', 'metrics'), interval: '500ms' } },
    },
  };
}

function gatewayOf({ engine = 'compiled', tokenSecret }: MarkerGatewayOptions): Json {
  const route = { upstream: 'people', anonymous: true };
  return {
    port: 0,
    engine,
    graphql: {
      ...{ anonymous: true, timeline: true, queryPlan: true },
      batching: { max: 5 },
      persisted: { automatic: true, trusted: { mode: 'log', manifests: ['./manifest.json'] } },
      limits: [{ operations: ['Few'], max: 1, window: '1h' }],
    },
    routes: [
      { path: '/api', stripPrefix: '/api', ...route },
      { path: '/kept', cache: true, ...route },
      { path: '/gone', upstream: 'gone', anonymous: true },
      { path: '/slow', upstream: 'sleepy', anonymous: true },
      { path: '/known', upstream: 'people' },
    ],
    trustedProxies: ['127.0.0.1'],
    identity: {
      anonymous: true,
      providers: [
        { kind: 'api-key', file: './keys.json', from: [{ header: 'x-api-key' }, { query: 'key' }] },
        {
          ...{ kind: 'jwt', issuer: 'https://id.example', audience: 'shop', algorithms: ['HS256'] },
          keys: { secret: tokenSecret },
          claims: { tier: 'plan' },
        },
      ],
    },
    tiers: { few: { limits: [{ max: 3, window: '1h' }] } },
    consumers: { acme: { tier: 'few' } },
    limits: { documents: { maxDepth: 8 } },
    cache: { graphql: { fields: { 'Query.search': { maxAge: '60s' }, Thing: { maxAge: '60s' } } } },
    shutdown: { drain: '0s' },
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function keysOf(apiKey: string): string {
  const key = {
    id: 'k1',
    hash: sha256(apiKey).toString('base64url'),
    owner: 'acme',
    scopes: [],
    roles: [],
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  return JSON.stringify({ keys: [key] });
}

/** Started on a free port; it and its upstreams end with the test. */
export async function startMarkerGateway(t: TestContext, options: MarkerGatewayOptions): Promise<MarkerGateway> {
  const upstreams = await startMarkerUpstreams();
  t.after(upstreams.close);
  const otlp = await startOtlpReceiver();
  t.after(() => otlp[Symbol.asyncDispose]());
  const gateway = { ...gatewayOf(options), ...telemetryOf(otlp, options) };
  const passed = Object.fromEntries(
    ['authorization', 'cookie', 'x-any', 'x-hidden'].map((name) => [name, { from: 'client' }]),
  );
  const errors = { message: 'error.message', code: 'error.code', details: 'error.details' };
  const dir = await makeFolder(t, {
    'gateway.yaml': stringify(gateway, { aliasDuplicateObjects: false }),
    'keys.json': keysOf(options.apiKey),
    'manifest.json': JSON.stringify({ [sha256('{ __typename }').toString('hex')]: '{ __typename }' }),
    'upstreams/people.yaml': stringify({
      ...{ kind: 'rest', targets: [upstreams.people], timeout: patient, headers: passed, errors },
    }),
    'upstreams/shop.yaml': stringify({
      ...{ kind: 'federation', targets: [upstreams.shop], timeout: patient, poll: 'off' },
      errors: { message: 'message' },
    }),
    // These alone are too slow.
    'upstreams/sleepy.yaml': stringify({
      kind: 'rest',
      targets: [upstreams.people],
      timeout: impatient,
      headers: passed,
    }),
    'upstreams/lazy.yaml': stringify({
      ...{ kind: 'federation', targets: [upstreams.lazy], timeout: impatient, schema: './lazy.graphql' },
    }),
    'upstreams/lazy.graphql': 'type Query { slow(text: String): String }',
    'upstreams/gone.yaml': stringify({ kind: 'rest', targets: [upstreams.gone] }),
    'schema/people.graphql': schema,
    'schema/gone.graphql': 'type Query { gone(id: ID!): String }',
    'schema/sleepy.graphql': 'type Query { lag(id: ID!): String }',
    'resolvers/people.ts': resolvers,
    'resolvers/sleepy.ts': `import { rest } from 'weft';\nconst sleepy = rest('sleepy');\nexport const Query = { lag: sleepy.get('/slow/{id}', { at: 'said' }) };\n`,
    'resolvers/gone.ts': `import { rest } from 'weft';\nconst gone = rest('gone');\nexport const Query = { gone: gone.get('/gone/{id}') };\n`,
  });
  const weft = runWeft(t, ['start', '--dir', dir]);
  const [, url = ''] = await weft.printed(/GraphQL +(http:\S+)\/graphql/);
  return {
    url,
    otlp,
    stop: async () => {
      weft.kill('SIGTERM');
      return weft.ended;
    },
  };
}
