import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { startGateway, type Json, type TestGateway } from './start-gateway.ts';
import { startTelemetryUpstreams, type TelemetryUpstreams } from './telemetry-upstreams.ts';

/** Whole gateways whose telemetry a test gives, over upstreams that it watches. */
export interface TelemetryGateway extends TestGateway {
  readonly upstreams: TelemetryUpstreams;
}

export interface TelemetrySetUp {
  /** Keys of `gateway.yaml`, in place of those that all have. */
  readonly gateway: Json;
  /** Keys of `graphql`, beside those that all have. */
  readonly graphql?: Json;
  /** Keys of `upstreams/<name>.yaml`, by name. */
  readonly upstream?: Readonly<Record<string, Json>>;
}

/** A key of the consumer `acme`, which is on the tier `few`. */
export const apiKey = 'weft_abc_0123456789';

const schema = /* GraphQL */ `
  type Person @key(fields: "id") {
    id: ID!
    name: String
  }
  type Query {
    person(id: ID!): Person
    failing(id: ID!): Person
    lost(id: ID!): Person
    broken: String
    few: Person @rateLimit(max: 1, window: "1h")
  }
`;

const resolvers = `
import { rest } from 'weft';

const people = rest('people');

export const Person = people.entity({ key: 'id', one: people.get('/people/{id}') });

export const Query = {
  person: Person.one(),
  failing: people.get('/failing/{id}'),
  lost: people.get('/lost/{id}'),
  broken: () => { throw new Error('broken'); },
  few: people.get('/people/few'),
};
`;

const oneCall = (name: string, path: string): string =>
  `import { rest } from 'weft';\nconst of = rest('${name}');\nexport const Query = { ${name}: of.get('${path}', { at: 'name' }) };\n`;

/** What all gateways of these tests have. */
function gatewayOf({ people }: TelemetryUpstreams, { gateway, graphql }: TelemetrySetUp): Json {
  const introspection = { kind: 'introspection', url: `${people.url}/introspect`, clientId: 'weft', clientSecret: 's' };
  return {
    port: 0,
    graphql: {
      ...{ anonymous: true, batching: { max: 5 }, persisted: { automatic: true } },
      ...graphql,
    },
    routes: [
      { path: '/api', stripPrefix: '/api', upstream: 'people', anonymous: true },
      { path: '/kept', upstream: 'people', cache: true, anonymous: true },
      { path: '/known', upstream: 'people', anonymous: false },
      { path: '/gone', upstream: 'gone', anonymous: true },
      { path: '/slow', upstream: 'lag', anonymous: true },
    ],
    identity: { anonymous: true, providers: [{ kind: 'api-key', file: './keys.json' }, introspection] },
    tiers: { few: { limits: [{ name: 'fewCalls', max: 2, window: '1h' }] } },
    consumers: { acme: { tier: 'few' } },
    limits: { documents: { maxDepth: 6 } },
    cache: { graphql: { fields: { 'Query.kept': { maxAge: '60s' }, Thing: { maxAge: '60s' } } } },
    shutdown: { drain: '0s' },
    ...gateway,
  };
}

function filesOf(upstreams: TelemetryUpstreams, setUp: TelemetrySetUp): Readonly<Record<string, string>> {
  const { people, shop, stock, goneUrl } = upstreams;
  const key = {
    id: 'k1',
    hash: createHash('sha256').update(apiKey).digest('base64url'),
    ...{ owner: 'acme', scopes: [], roles: [], createdAt: '2026-01-01T00:00:00.000Z' },
  };
  const upstream = (name: string, keys: Json): string => stringify({ ...keys, ...setUp.upstream?.[name] });
  return {
    'gateway.yaml': stringify(gatewayOf(upstreams, setUp), { aliasDuplicateObjects: false }),
    'keys.json': JSON.stringify({ keys: [key] }),
    'upstreams/people.yaml': upstream('people', { kind: 'rest', targets: [people.url] }),
    'upstreams/lag.yaml': upstream('lag', { kind: 'rest', targets: [people.url], timeout: '50ms' }),
    'upstreams/gone.yaml': upstream('gone', { kind: 'rest', targets: [goneUrl] }),
    'upstreams/shop.yaml': upstream('shop', { kind: 'federation', targets: [shop.url] }),
    'upstreams/stock.yaml': upstream('stock', { kind: 'federation', targets: [stock.url] }),
    'schema/people.graphql': schema,
    'schema/lag.graphql': 'type Query { lag: String }',
    'schema/gone.graphql': 'type Query { gone: String }',
    'resolvers/people.ts': resolvers,
    'resolvers/lag.ts': oneCall('lag', '/slow'),
    'resolvers/gone.ts': oneCall('gone', '/gone'),
  };
}

export async function startTelemetryGateway(setUp: TelemetrySetUp): Promise<TelemetryGateway> {
  const upstreams = await startTelemetryUpstreams();
  const dir = await mkdtemp(join(tmpdir(), 'weft-telemetry-'));
  const end = async (): Promise<void> => {
    await upstreams.close();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    for (const [name, text] of Object.entries(filesOf(upstreams, setUp))) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), text);
    }
    const gateway = await startGateway({ dir });
    return {
      ...{ ...gateway, upstreams },
      close: async () => {
        await gateway.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
