import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { MarkedClient, send, sendRaw, type Got } from '../support/marked-client.ts';
import { startMarkerGateway, type MarkerGateway, type MarkerGatewayOptions } from '../support/marker-gateway.ts';
import { graphqlCases, search } from '../support/marker-graphql-cases.ts';
import { noHttp, restCases } from '../support/marker-rest-cases.ts';
import { Markers } from '../support/markers.ts';
import { signWithSecret } from '../support/tokens.ts';

/**
 * Everything that a client or an upstream sends is marked, everything that can be told is told, everything that can go wrong
 * goes wrong; then all output is searched: standard output and error, what OTLP receivers and Prometheus get, and what other
 * clients read. Ids of requests and traces, names of clients, operations and their variables are told by design: none of them is a marker.
 */

/** Another client, which sends nothing that is marked. What it reads must not be of the first. */
async function askAsStranger(url: string): Promise<readonly Got[]> {
  const headers = { 'content-type': 'application/json', 'weft-query-plan': 'true', 'weft-timeline': 'true' };
  const queries = [
    search,
    '{ refuse(text: "mine") torn(text: "mine") person(id: "1") { id name } failing(id: "1") { id } gone(id: "1") }',
    '{ lost(id: "1") { id } wrong(id: "1") { id } shapeless(id: "1") { id age } text(id: "1") { id } }',
    '{ nothing }',
    '{',
  ];
  const asked = queries.map((query) =>
    send(url, { method: 'POST', path: '/graphql', headers, body: JSON.stringify({ query }) }),
  );
  const read = ['/kept/1', '/api/failing/1', '/api/lost/1', '/gone/1', '/nowhere', '/health/ready'].map((path) =>
    send(url, { path }),
  );
  return Promise.all([...asked, ...read]);
}

interface Told {
  readonly stdout: string;
  readonly stderr: string;
  readonly otlp: Buffer;
  readonly metrics: string;
  readonly strangers: string;
}

/** Drives all cases and gives all that was told of them. */
async function drive(gateway: MarkerGateway, client: MarkedClient): Promise<Told> {
  const cases = [...Object.entries(graphqlCases), ...Object.entries(restCases)];
  const wrong = await Promise.all(
    cases.map(async ([name, [expected, run]]) => {
      const { status, text } = await run(client);
      return [expected].flat().includes(status)
        ? []
        : `${name}: expected ${String(expected)}, but got ${status}: ${text}`;
    }),
  );
  assert.deepEqual(wrong.flat(), []);
  await Promise.all(noHttp(client).map((bytes) => sendRaw(gateway.url, bytes)));
  const strangers = await askAsStranger(gateway.url);
  const metrics = await Promise.all(
    ['text/plain', 'application/openmetrics-text'].map((accept) =>
      send(gateway.url, { path: `/metrics?a=${client.mark('query of a reader of metrics')}`, headers: { accept } }),
    ),
  );
  const { stdout, stderr, code } = await gateway.stop();
  assert.equal(code, 0);
  return {
    ...{ stdout, stderr },
    otlp: Buffer.concat(
      gateway.otlp.exports.map(({ path, headers, body }) =>
        Buffer.concat([Buffer.from(path + JSON.stringify(headers)), body]),
      ),
    ),
    metrics: metrics.map(({ text }) => text).join(''),
    strangers: strangers.map(({ status, headers, text }) => `${status} ${JSON.stringify(headers)} ${text}`).join('\n'),
  };
}

/** Silence would be no proof. */
function assertAllIsTold({ stdout, otlp, metrics, strangers }: Told): void {
  const cases = Object.keys(graphqlCases).length + Object.keys(restCases).length;
  const least: Readonly<Record<string, number>> = { request: cases, 'upstream call': 30, 'slow operation': 10 };
  for (const [message, count] of Object.entries(least))
    assert.ok(stdout.split(message).length > count, `"${message}" ${stdout.split(message).length - 1} times`);
  const told = [
    /which no manifest has/,
    /of the configuration, but provider jwt got another one/,
    /answered with an error/,
    /people: GET \/failing\/\{id\} answered 500/,
    /gone: GET \/gone: no connection/,
    /people: GET \/api: the answer was cut off/,
    /lazy: POST: no [a-z ]+ within 200 ms/,
    /sleepy: GET \/slow: no [a-z ]+ within 200 ms/,
    /RATE_LIMITED/,
  ];
  for (const text of told) assert.match(stdout, text);
  for (const name of ['Search', 'Pay', 'Refuse', '/people/{id}'])
    for (const [signal, text] of Object.entries({ stdout, otlp: otlp.toString('latin1') }))
      assert.ok(text.includes(name), `${name} in ${signal}`);
  assert.match(metrics, /Refuse/);
  assert.match(strangers, /UPSTREAM_FAILED/);
}

const secret = 'a-secret-that-signs-tokens-of-tests';

async function startMarked(t: TestContext, options: Omit<MarkerGatewayOptions, 'apiKey' | 'tokenSecret'>) {
  const markers = new Markers();
  const claims = {
    ...{ iss: 'https://id.example', aud: 'shop', sub: 'acme-backend', exp: 4_000_000_000 },
    email: markers.plant('claim of a token'),
    plan: markers.plant('claim that should name a tier'),
  };
  const token = await signWithSecret(claims, secret);
  markers.plantText('signature of a token', token.slice(-40));
  const apiKey = `weft_abc_${markers.plant('API key')}`;
  const gateway = await startMarkerGateway(t, { ...options, apiKey, tokenSecret: secret });
  const traceMarkers = new Markers();
  const client = new MarkedClient(gateway.url, { markers, traceMarkers, token, apiKey });
  return { gateway, markers, traceMarkers, client };
}

describe('of what clients and upstreams send', { concurrency: true }, () => {
  for (const [engine, format] of [
    ['compiled', 'json'],
    ['stitched', 'text'],
  ] as const) {
    test(`nothing is told in logs, traces, metrics or other clients’ answers (${engine} engine, log as ${format})`, async (t) => {
      const { gateway, markers, traceMarkers, client } = await startMarked(t, { access: true, engine, format });
      const told = await drive(gateway, client);
      assertAllIsTold(told);
      for (const [signal, output] of Object.entries(told) as [keyof Told, string | Buffer][]) {
        assert.deepEqual(markers.leaksIn(output), [], `in ${signal}`);
        if (signal !== 'otlp') assert.deepEqual(traceMarkers.leaksIn(output), [], `in ${signal}`);
      }
    });
  }

  test('only what the configuration asks for is in the access log, and never what is sensitive or redacted', async (t) => {
    const access = { variables: true, paths: true, addresses: 'network', headers: ['x-any', 'referer'] };
    const { gateway, markers, client } = await startMarked(t, { access });
    const { stdout, ...others } = await drive(gateway, client);
    for (const [signal, output] of Object.entries(others))
      assert.deepEqual(markers.leaksIn(output), [], `in ${signal}`);
    const places = markers.leaksIn(stdout).map((leak) => leak.slice(0, leak.indexOf(': ')));
    const asked = /^(variable|path|header x-any$|header referer$)/;
    assert.deepEqual(
      places.filter((place) => !asked.test(place)),
      [],
    );
    for (const place of ['variable', 'path segment', 'header x-any', 'header referer'])
      assert.ok(places.includes(place), `${place} is not in the log, though it is asked for`);
    assert.match(stdout, /"clientAddress":"203\.0\.113\.0\/24"/);
    assert.match(stdout, /\?token=\[redacted\]/);
  });
});
