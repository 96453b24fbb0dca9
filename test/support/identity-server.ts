import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** What an identity server does with requests in place of answering them well. */
export type Mood = 'good' | 'silent' | 'failing' | 'huge' | 'html' | 'cut off' | 'redirecting' | 'trickling';

export interface IdentityCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A real HTTP server that plays an issuer: discovery, JWKS at `/jwks`, introspection at `/introspect`. */
export interface IdentityServer {
  /** The issuer, without a trailing slash. */
  readonly url: string;
  readonly jwksUrl: string;
  readonly introspectionUrl: string;
  readonly calls: readonly IdentityCall[];
  /** Calls of this path so far. */
  readonly count: (path: string) => number;
  /** Resolves with the next call. */
  readonly nextCall: () => Promise<IdentityCall>;
  readonly setMood: (mood: Mood) => void;
  /** The JWKS from now on; any value. */
  readonly setKeys: (...keys: readonly unknown[]) => void;
  /** What introspection says of a token from now on; of others it says that they are not active. */
  readonly setAnswer: (token: string, answer: unknown) => void;
  /** Members of the discovery document in place of the true ones. */
  readonly setDiscovery: (members: Readonly<Record<string, unknown>>) => void;
  /** Refuses connections until `comeUp`. */
  readonly goDown: () => Promise<void>;
  /** Listens on the same port again. */
  readonly comeUp: () => Promise<void>;
}

/** Started on a free port of 127.0.0.1; it ends with the test. */
export async function startIdentityServer(t: TestContext): Promise<IdentityServer> {
  const calls: IdentityCall[] = [];
  const waiting: ((call: IdentityCall) => void)[] = [];
  const answers = new Map<string, unknown>();
  let mood: Mood = 'good';
  let keys: readonly unknown[] = [];
  let discovery: Readonly<Record<string, unknown>> = {};
  let url = '';

  const documentAt = ({ path, body }: IdentityCall): unknown => {
    if (path === '/jwks') return { keys };
    if (path === '/introspect') return answers.get(new URLSearchParams(body).get('token') ?? '') ?? { active: false };
    if (path !== '/.well-known/openid-configuration') return undefined;
    return { issuer: url, jwks_uri: `${url}/jwks`, introspection_endpoint: `${url}/introspect`, ...discovery };
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = request;
    const call = { method, path, headers, body: await readText(request) };
    calls.push(call);
    answer(response, mood, documentAt(call));
    for (const tell of waiting.splice(0)) tell(call);
  };
  let server = createServer((request, response) => void handle(request, response));
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  t.after(stop);
  return {
    ...{ url, jwksUrl: `${url}/jwks`, introspectionUrl: `${url}/introspect`, calls },
    count: (path) => calls.filter((call) => call.path === path).length,
    nextCall: () => new Promise((resolve) => waiting.push(resolve)),
    setMood: (next) => (mood = next),
    setKeys: (...next) => (keys = next),
    setAnswer: (token, next) => answers.set(token, next),
    setDiscovery: (members) => (discovery = members),
    goDown: stop,
    comeUp: async () => {
      server = createServer((request, response) => void handle(request, response));
      await listen(port);
    },
  };
}

function answer(response: ServerResponse, mood: Mood, document: unknown): void {
  const json = { 'content-type': 'application/json' };
  const text = JSON.stringify(document ?? {});
  switch (mood) {
    case 'good':
      response.writeHead(document === undefined ? 404 : 200, json).end(text);
      break;
    case 'silent':
      break;
    case 'failing':
      response.writeHead(500, json).end(text);
      break;
    case 'huge':
      response.writeHead(200, json).end(JSON.stringify({ ...(document as object), padding: 'x'.repeat(200_000) }));
      break;
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in, please: secret-page</html>');
      break;
    case 'cut off':
      response.writeHead(200, { ...json, 'content-length': text.length + 100 });
      response.write(text, () => response.destroy());
      break;
    case 'redirecting':
      response.writeHead(302, { location: '/elsewhere' }).end();
      break;
    case 'trickling':
      response.writeHead(200, json).write(text.slice(0, 5));
      break;
    default:
      mood satisfies never;
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
