import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { ManifestSource } from '../../src/config/limit-types.ts';
import { anonymous, type Caller } from '../../src/identity/caller.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { openPersisted, type PersistedParts } from '../../src/persisted/open.ts';
import type { AskedDocument, PersistedOperations } from '../../src/persisted/types.ts';

/** Persisted operations for tests: opened as a gateway does, asked in few words. */

export type Asked = Partial<AskedDocument>;

export interface Asking {
  /** The text that a request would run. */
  readonly ask: (asked: Asked, caller?: Caller) => Promise<string>;
  /** The code with which a request is refused. */
  readonly refusal: (asked: Asked, caller?: Caller) => Promise<ErrorCode>;
  readonly persisted: PersistedOperations;
}

export const staff: Caller = { ...anonymous, isKnown: true, id: 'consumer:staff', consumer: 'staff' };

/** They end with the test. Only `staff` may bypass. */
export async function openFor(
  t: TestContext,
  {
    config,
    redis,
    filePollMs = 5,
  }: Omit<PersistedParts, 'mayBypass' | 'redis'> & Pick<Partial<PersistedParts>, 'redis'>,
): Promise<Asking> {
  const mayBypass = ({ consumer }: Caller): boolean => consumer === 'staff';
  const persisted = await openPersisted({ config, redis, mayBypass, filePollMs });
  t.after(persisted.close);
  const ask = async (asked: Asked, caller: Caller = anonymous): Promise<string> =>
    persisted.resolve(
      { query: undefined, id: undefined, sha256: undefined, ...asked },
      { caller, requestId: 'request-1' },
    );
  const refusal = async (asked: Asked, caller?: Caller): Promise<ErrorCode> => {
    const error: unknown = await ask(asked, caller).then(
      (text) => new Error(`it was served: ${text}`),
      (cause: unknown) => cause,
    );
    if (error instanceof Error && 'code' in error) return error.code as ErrorCode;
    throw error;
  };
  return { ask, refusal, persisted };
}

/** What a manifest server does with requests in place of answering them well. */
export type ManifestMood = 'good' | 'silent' | 'failing' | 'redirecting';

export interface ManifestServer {
  readonly source: Extract<ManifestSource, { readonly from: 'url' }>;
  readonly calls: readonly { readonly headers: IncomingHttpHeaders; readonly status: number }[];
  readonly setText: (text: string) => void;
  readonly setBody: (body: Buffer, headers: Readonly<Record<string, string>>) => void;
  readonly setMood: (mood: ManifestMood) => void;
  readonly setHasEtag: (hasEtag: boolean) => void;
}

/** A real HTTP server with one manifest, on a free port of 127.0.0.1; it ends with the test. */
export async function startManifestServer(t: TestContext, first: string): Promise<ManifestServer> {
  const calls: { headers: IncomingHttpHeaders; status: number }[] = [];
  let body: string | Buffer = first;
  let more: Readonly<Record<string, string>> = {};
  let version = 1;
  let mood: ManifestMood = 'good';
  let hasEtag = true;
  const answer = (headers: IncomingHttpHeaders, response: ServerResponse): number => {
    const etag = `"v${version}"`;
    if (mood === 'failing') response.writeHead(500).end('no');
    else if (mood === 'redirecting') response.writeHead(302, { location: '/other' }).end();
    else if (mood === 'good' && hasEtag && headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
    else if (mood === 'good') response.writeHead(200, hasEtag ? { etag, ...more } : more).end(body);
    return mood === 'silent' ? 0 : response.statusCode;
  };
  const server = createServer(({ headers, url }, response) => {
    const status = url?.startsWith('/manifest') ? answer(headers, response) : 0;
    if (status === 0 && mood !== 'silent') response.writeHead(200).end(body);
    calls.push({ headers, status });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    source: {
      from: 'url',
      url: `http://127.0.0.1:${port}/manifest?key=planted`,
      headers: { authorization: 'Bearer planted' },
      pollMs: 5,
      timeoutMs: 2000,
      maxBytes: 10_000,
    },
    calls,
    setText: (next) => {
      body = next;
      more = {};
      version += 1;
    },
    setBody: (next, headers) => {
      body = next;
      more = headers;
      version += 1;
    },
    setMood: (next) => {
      mood = next;
    },
    setHasEtag: (next) => {
      hasEtag = next;
    },
  };
}
