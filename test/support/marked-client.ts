import { request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Markers } from './markers.ts';

/** A client whose every value is a marker, over connections of its own. */

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** On a connection of its own, byte for byte as given. */
export async function send(url: string, { method = 'GET', path = '/', headers = {}, body }: Sent): Promise<Got> {
  const { promise, resolve, reject } = Promise.withResolvers<Got>();
  const { hostname, port } = new URL(url);
  const request = requestHttp({ hostname, port, method, path, headers, agent: false }, (response) => {
    buffer(response).then(
      (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: bytes.toString('utf8') }),
      () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: '' }),
    );
  });
  request.on('error', reject).end(body);
  return promise;
}

/** What it answers to bytes that may be no HTTP. */
export function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(port), hostname, () => socket.end(bytes));
  let text = '';
  socket.on('data', (part: Buffer) => (text += part.toString('latin1')));
  socket.on('error', () => resolve(text)).on('close', () => resolve(text));
  return promise;
}

export interface MarkedClientParts {
  readonly markers: Markers;
  /** Of `tracestate`, which is a part of traces and of nothing else. */
  readonly traceMarkers: Markers;
  readonly token: string;
  readonly apiKey: string;
}

export class MarkedClient {
  readonly #url: string;
  readonly #markers: Markers;
  readonly #traceMarkers: Markers;
  readonly #token: string;
  readonly #apiKey: string;
  #addresses = 0;

  constructor(url: string, { markers, traceMarkers, token, apiKey }: MarkedClientParts) {
    this.#url = url;
    this.#markers = markers;
    this.#traceMarkers = traceMarkers;
    this.#token = token;
    this.#apiKey = apiKey;
  }

  mark(where: string): string {
    return this.#markers.plant(where);
  }

  /** Headers with a marker in each that has a value of the client's. */
  headers(own: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    const of = (name: string): string => this.mark(`header ${name}`);
    return {
      host: `${of('host')}.example`,
      cookie: `session=${of('cookie')}`,
      'x-any': of('x-any'),
      'x-hidden': of('x-hidden'),
      'user-agent': `Agent/${of('user-agent')}`,
      referer: `https://a.example/${of('referer')}?token=${of('referer token')}&key=${of('referer key')}`,
      'accept-language': of('accept-language'),
      'if-none-match': `"${of('if-none-match')}"`,
      'x-forwarded-for': this.#markers.plantText('client address', `203.0.113.${100 + (this.#addresses++ % 150)}`),
      baggage: `tenant=${of('baggage that passes')},other=${of('baggage')}`,
      tracestate: `vendor=${this.#traceMarkers.plant('header tracestate')}`,
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      authorization: `Bearer ${this.#token}`,
      ...own,
    };
  }

  async send({ headers = {}, path = '/', ...sent }: Sent): Promise<Got> {
    return send(this.#url, { ...sent, path, headers: this.headers(headers) });
  }

  /** A GraphQL request by POST. */
  async ask(body: object | readonly object[], headers: Readonly<Record<string, string>> = {}): Promise<Got> {
    const text = JSON.stringify(body);
    const json = { 'content-type': 'application/json', 'weft-query-plan': 'true', 'weft-timeline': 'true' };
    return this.send({ method: 'POST', path: '/graphql', headers: { ...json, ...headers }, body: text });
  }

  get apiKeyHeaders(): Readonly<Record<string, string>> {
    return { 'x-api-key': this.#apiKey, authorization: '' };
  }
}
