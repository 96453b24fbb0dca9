import { text } from 'node:stream/consumers';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from './refusal.ts';
import { listen, RequestLog } from './server.ts';
import type { DemoServer, RecordedRequest, StartOptions } from './server.ts';

export interface RestCall {
  /** What the groups of the rule's `path` matched. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  /** The parsed body of POST, PUT and PATCH. */
  readonly body: unknown;
}

export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RestRule {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Matched against the whole path, without the query. */
  readonly path: RegExp;
  /** @throws {Refusal} which becomes the error body. */
  readonly answer: (call: RestCall) => RestAnswer;
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(400, 'bad_json', 'The body is not JSON.');
  }
}

function ruleFor(rules: readonly RestRule[], method: string, path: string): RestRule {
  const matching = rules.filter((rule) => rule.path.test(path));
  if (matching.length === 0) throw new Refusal(404, 'not_found', `There is nothing at ${path}.`);
  const rule = matching.find((candidate) => candidate.method === (method === 'HEAD' ? 'GET' : method));
  if (rule !== undefined) return rule;
  const allow = matching.flatMap((candidate) => (candidate.method === 'GET' ? ['GET', 'HEAD'] : [candidate.method]));
  throw new Refusal(405, 'method_not_allowed', `${method} is not allowed at ${path}.`, {
    headers: { allow: allow.join(', ') },
  });
}

function answerTo(rules: readonly RestRule[], request: RecordedRequest): RestAnswer {
  try {
    const url = new URL(request.path, 'http://localhost');
    const rule = ruleFor(rules, request.method, url.pathname);
    const params = rule.path.exec(url.pathname)?.slice(1) ?? [];
    const body = rule.method === 'GET' ? undefined : readJson(request.body);
    return rule.answer({ params, query: url.searchParams, body });
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: error.body, headers: error.headers };
    throw error;
  }
}

function write(response: ServerResponse, { status, body, headers }: RestAnswer): void {
  const json = JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(json)),
  });
  response.end(json);
}

/** Serves `rules` with `node:http` alone. Errors have the body `{ error: { code, message, fields? } }`. */
export function startRest(name: string, rules: readonly RestRule[], options: StartOptions = {}): Promise<DemoServer> {
  const log = new RequestLog();
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', headers } = request;
    const recorded = { method, path: url, headers, body: '' };
    log.add(recorded);
    recorded.body = await text(request);
    response.setHeader('x-served-by', name);
    write(response, answerTo(rules, recorded));
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch(() => response.destroy());
  };
  return listen(listener, { ...options, log, path: '' });
}
