import { startFakeUpstream, type FakeAnswer, type FakeCall } from './fake-upstream.ts';

/** What an upstream does with a request, in the place of answering it. `none`: it answers. */
export type Fault = 'none' | 'failing' | 'silent' | 'cut off' | 'not JSON' | 'another shape' | 'empty' | 'huge';

export interface FaultyUpstream {
  /** Takes the place of the target's URL. */
  readonly url: string;
  readonly calls: readonly FakeCall[];
  /** For all requests from now on. */
  readonly setFault: (fault: Fault) => void;
  /** Resolves with the next request that comes in. */
  readonly nextCall: () => Promise<FakeCall>;
  /** From now on connections are refused. */
  readonly close: () => Promise<void>;
}

/** Larger than any answer that a test expects, in bytes. */
export const hugeBytes = 400_000;

/** A server before `target` that passes everything through, until it is told to fail. */
export async function startFaultyUpstream(target: string): Promise<FaultyUpstream> {
  const { origin, pathname } = new URL(target);
  let fault: Fault = 'none';
  const arrived: ((call: FakeCall) => void)[] = [];
  const fake = await startFakeUpstream((call) => {
    for (const tell of arrived.splice(0)) tell(call);
    return fault === 'none' ? pass(call, origin) : fail(call, fault);
  });
  return {
    url: `${fake.url}${pathname === '/' ? '' : pathname}`,
    calls: fake.requests,
    setFault: (next) => {
      fault = next;
    },
    nextCall: () => new Promise((resolve) => arrived.push(resolve)),
    close: fake.close,
  };
}

async function pass({ method, path, headers, body }: FakeCall, origin: string): Promise<FakeAnswer> {
  const passed = ['accept', 'content-type'].flatMap((name) => (headers[name] ? [[name, String(headers[name])] as const] : []));
  const response = await fetch(origin + path, {
    method,
    headers: Object.fromEntries(passed),
    ...(body === '' ? {} : { body }),
  });
  const type = response.headers.get('content-type') ?? 'application/json';
  return { status: response.status, headers: { 'content-type': type }, body: await response.text() };
}

function fail({ response }: FakeCall, fault: Exclude<Fault, 'none'>): FakeAnswer | undefined {
  switch (fault) {
    case 'failing':
      return { status: 500, json: { problem: 'secret-cause at /srv/app/db.js:1' } };
    case 'silent':
      return undefined;
    case 'cut off':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
      response.write('{"data":{"half":', () => response.destroy());
      return undefined;
    case 'not JSON':
      return { headers: { 'content-type': 'text/html' }, body: '<html>secret-cause</html>' };
    case 'another shape':
      return { json: 'secret-cause' };
    case 'empty':
      return { json: {} };
    case 'huge':
      return { json: { data: 'x'.repeat(hugeBytes), items: [] } };
  }
}
