import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import type { RecordedRequest } from '../../upstreams/demo/server.ts';
import { startFakeUpstream, type FakeCall, type FakeHandler } from './fake-upstream.ts';
import { guardedFiles, peopleAnswer, startScores } from './guarded-upstreams.ts';
import { makeFolder } from './run-weft.ts';
import { startGateway, type AnswerError, type Json, type TestGateway } from './start-gateway.ts';

/** Whole gateways of a folder of their own whose `gateway.yaml` a test gives, over upstreams that record what they get. */

export interface SetUp {
  /** `gateway.yaml`, beside the routes that all have: `/api` and `/open` lead to the REST upstream. */
  readonly gateway?: Json;
  /** What the GraphQL endpoint and the route `/api` say for themselves. */
  readonly door?: Json;
  /** The REST upstream. Default: one that answers at once. */
  readonly answer?: FakeHandler;
  /** Further lines of `upstreams/<name>.yaml`. */
  readonly upstreams?: Readonly<Record<string, string>>;
  /** Further files of the folder, by relative path. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface UpstreamCalls {
  readonly people: readonly FakeCall[];
  readonly scores: readonly RecordedRequest[];
}

export interface GuardedGateway extends TestGateway {
  /** The gateway's folder. */
  readonly dir: string;
  /** What the upstreams were asked since the last call of it. */
  readonly takeCalls: () => UpstreamCalls;
}

/** Started on a free port; it ends with the test. */
export async function startGuarded(t: TestContext, setUp: SetUp = {}): Promise<GuardedGateway> {
  const [people, scores] = await Promise.all([startFakeUpstream(setUp.answer ?? peopleAnswer), startScores()]);
  t.after(async () => {
    await Promise.all([people.close(), scores.close()]);
  });
  const files = guardedFiles({ people: people.url, scores: scores.url });
  const more = Object.entries(setUp.upstreams ?? {}).map(([name, lines]) => {
    const file = `upstreams/${name}.yaml`;
    return [file, `${files[file]}${lines}\n`] as const;
  });
  const dir = await makeFolder(t, {
    ...files,
    ...Object.fromEntries(more),
    'gateway.yaml': stringify(gatewayYaml(setUp), { aliasDuplicateObjects: false }),
    ...setUp.files,
  });
  const gateway = await startGateway({ dir });
  t.after(gateway.close);
  let seen = 0;
  const takeCalls = (): UpstreamCalls => {
    const calls = { people: people.requests.slice(seen), scores: scores.requests.splice(0) };
    seen = people.requests.length;
    return calls;
  };
  takeCalls();
  return { ...gateway, dir, takeCalls };
}

/** `gateway.yaml` as data. */
export function gatewayYaml({ gateway = {}, door = {} }: SetUp): Json {
  const { graphql = {}, routes = [], ...rest } = gateway;
  const route = { upstream: 'people' };
  return {
    graphql: { ...(graphql as Json), ...door },
    routes: [
      { path: '/api', stripPrefix: '/api', ...route, ...door },
      { path: '/open', stripPrefix: '/open', ...route, anonymous: true },
      ...(routes as readonly Json[]),
    ],
    shutdown: { drain: '0s' },
    ...rest,
  };
}

export interface Asked {
  readonly method?: string;
  /** A list sends the field several times. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  /** Whether the end of the body is never sent. Default false. */
  readonly withholdsEnd?: boolean;
  /** Shown to a listener that requests one. Default: none. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The first error's, in whichever form it is answered; undefined where there is none. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** Values of `www-authenticate`, as they came. */
  readonly challenges: readonly string[];
  readonly text: string;
}

/** One request on a connection of its own. */
export async function send(url: string, asked: Asked = {}): Promise<Answer> {
  const { body = '', withholdsEnd = false, certificate, ...options } = asked;
  const given = { agent: false, ca: certificateFile('ca.pem'), ...certificate, ...options } as const;
  const request = (url.startsWith('https:') ? requestTls : requestPlain)(url, given);
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).on('error', reject);
  });
  if (withholdsEnd) request.write(body);
  else request.end(body);
  const { statusCode: status = 0, headers, rawHeaders } = await response;
  const answer = await readUntil(await response, Number(headers['content-length'] ?? Infinity));
  request.destroy();
  const { code, message } = errorIn(answer);
  const challenges = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'www-authenticate');
  return { status, headers, code, message, challenges, text: answer };
}

/** An answer may be whole long before its connection ends. */
async function readUntil(response: IncomingMessage, length: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= length) break;
  }
  return Buffer.concat(parts).toString('utf8');
}

/** A file of `test/fixtures/certificates`. */
export function certificateFile(name: string): string {
  return readFileSync(new URL(`../fixtures/certificates/${name}`, import.meta.url), 'utf8');
}

function errorIn(answer: string): { readonly code?: string; readonly message?: string } {
  if (!answer.startsWith('{')) return {};
  const { error, errors: [first] = [] } = JSON.parse(answer) as {
    readonly error?: { readonly code: string; readonly message: string };
    readonly errors?: readonly AnswerError[];
  };
  return error ?? (first && { code: String(first.extensions['code']), message: first.message }) ?? {};
}

/** What every way asks for: nothing of it is guarded, and the REST upstream alone has it. */
const query = '{ person(id: "1") { name } }';

export type WayName = 'POST /graphql' | 'GET /graphql' | 'GET /api';

/** The ways in, of which each leads to the REST upstream. */
export const ways: Readonly<Record<WayName, (url: string, asked?: WayAsked) => Promise<Answer>>> = {
  'POST /graphql': (url, { parameters = '', headers, ...asked } = {}) =>
    send(`${url}/graphql${parameters && `?${parameters}`}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
      ...asked,
    }),
  'GET /graphql': (url, { parameters = '', ...asked } = {}) =>
    send(`${url}/graphql?query=${encodeURIComponent(query)}${parameters && `&${parameters}`}`, asked),
  'GET /api': (url, { parameters = '', ...asked } = {}) =>
    send(`${url}/api/people/1${parameters && `?${parameters}`}`, asked),
};

export const wayNames = Object.keys(ways) as readonly WayName[];

export interface WayAsked extends Pick<Asked, 'headers' | 'certificate'> {
  /** Query string, beside what the way itself has. */
  readonly parameters?: string;
}
