import { createServer, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { RouteConfig } from '../../src/config/types.ts';
import { createPassthrough } from '../../src/rest/passthrough.ts';
import type { Upstream } from '../../src/upstream/pool.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { Caller } from '../../src/identity/caller.ts';

export const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** A route to the upstream `users` at `/api/users`, of which `/api` is taken off. */
export function route(changes: Partial<RouteConfig> = {}): RouteConfig {
  return { path: '/api/users', upstream: 'users', stripPrefix: '/api', methods: allMethods, ...changes };
}

export interface PassthroughGateway {
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** The REST spine alone, on a socket: routes, or 404. */
export async function startPassthrough(
  routes: readonly RouteConfig[],
  upstreams: readonly Upstream[],
  caller?: Caller,
): Promise<PassthroughGateway> {
  const passthrough = createPassthrough(routes, new Map(upstreams.map((upstream) => [upstream.name, upstream])));
  const server = createServer((req, res) => {
    const match = passthrough.match(req.method ?? '', req.url ?? '');
    if (match === undefined) {
      res.writeHead(404).end();
      return;
    }
    const leaving = new AbortController();
    res.once('close', () => leaving.abort());
    const given = { headers: req.headers, signal: leaving.signal, responseHeaderRules: {} };
    void passthrough.forward(req, res, match, createRequestScope(caller === undefined ? given : { ...given, caller }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await Promise.all(upstreams.map(async (upstream) => upstream.destroy()));
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** One request on a connection of its own, answered whole. Rejects where the answer is cut off. */
export async function ask(url: string, options: RequestOptions & { readonly body?: string } = {}): Promise<Answer> {
  const { body, ...rest } = options;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { agent: false, ...rest }, resolve)
      .once('error', reject)
      .end(body);
  });
  const { statusCode: status = 0, headers, rawHeaders } = response;
  return { status, headers, rawHeaders, body: await text(response) };
}

/** Sends bytes as they are and gives back all that comes until the connection ends. */
export async function askRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes, 'latin1');
  return text(socket);
}
