import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Propagation } from '../../src/lib/propagation.ts';
import { createPassthrough } from '../../src/rest/passthrough.ts';
import type { CallEvent } from '../../src/telemetry/channels.ts';
import { RequestRecord, type CallRecord } from '../../src/telemetry/record.ts';
import type { Upstream } from '../../src/upstream/pool.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { RequestScope } from '../../src/upstream/types.ts';
import { route } from './passthrough-gateway.ts';

/** Requests of which something is told. */

export interface Recorded {
  readonly record: RequestRecord;
  readonly scope: RequestScope;
}

export interface RecordedOptions {
  /** The client's. Default none. */
  readonly headers?: IncomingHttpHeaders;
  /** Default: never aborts. */
  readonly signal?: AbortSignal;
  readonly propagation?: Propagation;
  /** Default: no sampler. */
  readonly isSampled?: boolean;
}

export function recorded(options: RecordedOptions = {}): Recorded {
  const { headers = {}, signal = new AbortController().signal, propagation, isSampled } = options;
  const record = new RequestRecord('POST', headers);
  if (isSampled !== undefined) record.sampler = () => isSampled;
  const scope = createRequestScope({ headers, signal, responseHeaderRules: {}, record, propagation });
  return { record, scope };
}

/** The one call of a record. */
export function onlyCall({ calls }: RequestRecord): CallRecord {
  const [call] = calls;
  if (call === undefined || calls.length !== 1) throw new Error(`expected one call, but got ${calls.length}`);
  return call;
}

/** What a call came to, without its times and ids. */
export function outcomeOf({ source, status, error, attempts, batch, endedAt }: CallRecord): unknown {
  assert.ok(endedAt > 0, 'it has ended');
  return { source, status, error, attempts, batch };
}

/** Of a call that went well. */
export const fine = { source: 'upstream', status: 200, error: undefined, attempts: 1, batch: 1 };

/** Calls that end while the test runs: all of them, and those that are told by themselves. */
export function listenToCalls(t: TestContext): {
  readonly ended: readonly CallEvent[];
  readonly detached: readonly CallRecord[];
} {
  const [ended, detached]: [CallEvent[], CallRecord[]] = [[], []];
  const hear = (name: string, into: unknown[]): void => {
    const listen = (event: unknown): void => void into.push(event);
    subscribe(name, listen);
    t.after(() => unsubscribe(name, listen));
  };
  hear('weft:upstream.end', ended);
  hear('weft:upstream.detached', detached);
  return { ended, detached };
}

export interface RecordedPassthrough {
  readonly url: string;
  /** Of each request so far. */
  readonly records: readonly RequestRecord[];
}

/** The route `/api/users` before an upstream, on a socket, each of whose requests has a record. */
export async function startRecordedPassthrough(
  t: TestContext,
  upstream: Upstream,
  options: Omit<RecordedOptions, 'headers' | 'signal'> = {},
): Promise<RecordedPassthrough> {
  const passthrough = createPassthrough([route()], new Map([[upstream.name, upstream]]));
  const records: RequestRecord[] = [];
  const server = createServer((req, res) => {
    const match = passthrough.match(req.method ?? '', req.url ?? '');
    if (match === undefined) {
      res.writeHead(404).end();
      return;
    }
    const leaving = new AbortController();
    res.once('close', () => leaving.abort());
    const { record, scope } = recorded({ ...options, headers: req.headers, signal: leaving.signal });
    records.push(record);
    void passthrough.forward(req, res, match, scope);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    await upstream.destroy();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, records };
}
