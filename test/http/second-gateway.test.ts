import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { start as startAlerts } from '../fixtures/observatory/upstreams/alerts.server.ts';
import { start as startNetworks } from '../fixtures/observatory/upstreams/networks.server.ts';
import { start as startReadings } from '../fixtures/observatory/upstreams/readings.server.ts';
import { start as startStations } from '../fixtures/observatory/upstreams/stations.server.ts';
import { readSources } from '../support/architecture.ts';
import type { FakeCall } from '../support/fake-upstream.ts';
import { makeFolder, runWeft } from '../support/run-weft.ts';
import { environmentOf, graphqlClient, startGateway, type Json, type TestGateway } from '../support/start-gateway.ts';

const dir = fileURLToPath(new URL('../fixtures/observatory', import.meta.url));

interface Server {
  readonly url: string;
  readonly close: () => Promise<void>;
  readonly calls: () => readonly FakeCall[];
}

async function startAll(): Promise<Readonly<Record<'stations' | 'networks' | 'readings' | 'alerts', Server>>> {
  const [stations, networks, readings, alerts] = await Promise.all([
    startStations(),
    startNetworks(),
    startReadings(),
    startAlerts(),
  ]);
  return {
    stations: { ...stations, calls: () => stations.requests },
    networks: { ...networks, calls: () => networks.requests },
    readings: { ...readings, calls: () => readings.calls },
    alerts: { ...alerts, calls: () => alerts.calls },
  };
}

describe('a gateway of another folder', () => {
  let servers: Awaited<ReturnType<typeof startAll>>;
  let gateway: TestGateway;
  let seen: Record<string, number>;
  before(async () => {
    servers = await startAll();
    const urls = Object.fromEntries(Object.entries(servers).map(([name, { url }]) => [name, url]));
    gateway = await startGateway({ dir, env: { ...environmentOf(urls), STATIONS_KEY: 'key-of-stations' } });
  });
  after(async () => {
    await gateway.close();
    await Promise.all(Object.values(servers).map(async ({ close }) => close()));
  });
  beforeEach(() => {
    seen = Object.fromEntries(Object.entries(servers).map(([name, { calls }]) => [name, calls().length]));
  });
  const newCalls = (): Record<string, number> =>
    Object.fromEntries(Object.entries(servers).map(([name, { calls }]) => [name, calls().length - (seen[name] ?? 0)]));

  test('joins a REST list with a REST batch by POST, a composite key and a Federation 1 subgraph: one call each', async () => {
    const { data, errors } = await gateway.query(`{ stations(region: north) {
      code elevation position { latitude } network { title operator } latest { celsius wind { from } } alerts(least: warning) { text }
    } }`);
    assert.deepEqual(errors, []);
    const network = { title: 'Coast Watch', operator: 'Harbour Board' };
    assert.deepEqual(data, {
      stations: [
        {
          ...{ code: 'BAY', elevation: null, position: { latitude: 54.2 }, network },
          ...{ latest: { celsius: 11.25, wind: { from: 'N' } }, alerts: [{ text: 'Gusts' }] },
        },
        {
          ...{ code: 'COL', elevation: 4, position: { latitude: 53.9 }, network },
          ...{ latest: { celsius: null, wind: { from: 'E' } }, alerts: [] },
        },
        { code: 'DUN', elevation: 21, position: { latitude: 55 }, network: null, latest: null, alerts: [] },
      ],
    });
    assert.deepEqual(newCalls(), { stations: 1, networks: 1, readings: 1, alerts: 1 });
    assert.deepEqual(servers.networks.calls().at(-1)?.body, '{"ids":["n1"]}');
  });

  test('joins from the other side: what extends a type leads back to it', async () => {
    const { data, errors } = await gateway.query('{ activeAlerts { severity station { name network { title } } } }');
    assert.deepEqual(errors, []);
    assert.deepEqual((data as { readonly activeAlerts: readonly Json[] }).activeAlerts[0], {
      severity: 'danger',
      station: { name: 'Alpine Hut', network: { title: 'High Places' } },
    });
    assert.deepEqual(newCalls(), { stations: 2, networks: 1, readings: 0, alerts: 1 });
  });

  test('finds by every look-up, and null where there is nothing', async () => {
    const { data, errors } = await gateway.query(`{
      reading(by: "r1") { station celsius }
      readings(keys: [{ station: "BAY", hour: 10 }, { station: "BAY", hour: 11 }]) { ref }
      network(id: "n2") { operator stations { code } }
      missingNetwork: network(id: "zz") { title }
      missingStation: station(code: "ZZZ") { name }
      warmestStation { name latest { celsius } }
    }`);
    assert.deepEqual(errors, []);
    assert.deepEqual(data, {
      reading: { station: 'ALP', celsius: -3.5 },
      readings: [{ ref: 'r2' }],
      network: { operator: null, stations: [{ code: 'ALP' }] },
      missingNetwork: null,
      missingStation: null,
      warmestStation: { name: 'Bay Light', latest: { celsius: 11.25 } },
    });
  });

  test('serves at its own path, by its own rules', async () => {
    const { headers } = await gateway.query('{ station(code: "ALP") { name network { title } } }');
    assert.equal(headers.get('cache-control'), 'private, max-age=5');
    assert.equal(servers.stations.calls().at(-1)?.headers['x-api-key'], 'key-of-stations');
    const page = await fetch(`${gateway.url}/api`, { headers: { accept: 'text/html' } });
    assert.doesNotMatch(await page.text(), /<html/i);
    assert.equal((await fetch(`${gateway.url}/graphql`)).status, 404);
    const large = await fetch(`${gateway.url}/api`, {
      method: 'POST',
      body: 'x'.repeat(20_000),
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(large.status, 413);
  });

  test('passes one route through, with the methods that it names', async () => {
    const found = await fetch(`${gateway.url}/raw/v2/stations/ALP`);
    assert.equal(((await found.json()) as { data: Json }).data['name'], 'Alpine Hut');
    const refused = await fetch(`${gateway.url}/raw/v2/stations`, { method: 'POST', body: '{}' });
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET']);
  });
});

test('weft start --dir runs it with its own stand-ins, and prints the port that it got', async (t) => {
  const [cwd, stateDir] = await Promise.all([makeFolder(t, {}), makeFolder(t, {})]);
  const running = runWeft(t, ['start', '--dir', dir], { cwd, env: { STATE_DIR: stateDir } });
  const [, url = ''] = await running.printed(/GraphQL +(http:\/\/127\.0\.0\.1:[1-9]\d*\/api)\n/);
  const { data } = await graphqlClient(url)('{ stations { latest { ref } network { title } alerts { id } } }');
  assert.equal(
    JSON.stringify((data as { readonly stations: readonly Json[] }).stations[0]),
    '{"latest":{"ref":"r1"},"network":{"title":"High Places"},"alerts":[{"id":"a1"}]}',
  );
  running.kill('SIGTERM');
  const { code, stdout, stderr } = await running.ended;
  assert.deepEqual([code, stderr], [0, '']);
  for (const line of [
    /alerts +federation +embedded/,
    /stations +rest +embedded/,
    /REST +http.*\/raw\/v2\/\*\*   to stations/,
  ]) {
    assert.match(stdout, line);
  }
});

test('the source knows no field and no type of the demo', () => {
  const demo = /dashboard|recommendation|unreadCount|shipping|inStock|topProducts|warehouse|averageRating/i;
  const named = readSources('src').filter(({ text }) => demo.test(withoutComments(text)));
  assert.deepEqual(
    named.map(({ file }) => file),
    [],
  );
});

function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
