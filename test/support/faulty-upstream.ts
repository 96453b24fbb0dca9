import { startFakeUpstream, type FakeAnswer, type FakeCall } from './fake-upstream.ts';

/** What an upstream does with a request, in the place of answering it. */
export type Fault = 'failing' | 'silent' | 'cut off' | 'not JSON' | 'another shape' | 'empty' | 'huge';

export interface FaultyUpstream {
  /** Takes the place of the target's URL. */
  readonly url: string;
  readonly calls: readonly FakeCall[];
  /** For all requests from now on; a function may give an answer of its own. */
  readonly setFault: (fault: Fault | ((call: FakeCall) => FakeAnswer | undefined)) => void;
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
  let fault: (call: FakeCall) => FakeAnswer | undefined | 'no answer' = () => undefined;
  const arrived: ((call: FakeCall) => void)[] = [];
  const fake = await startFakeUpstream((call) => {
    for (const tell of arrived.splice(0)) tell(call);
    const answer = fault(call) ?? pass(call, origin);
    return answer === 'no answer' ? undefined : answer;
  });
  return {
    url: `${fake.url}${pathname === '/' ? '' : pathname}`,
    calls: fake.requests,
    setFault: (next) => {
      fault = typeof next === 'function' ? next : (call) => fail(call, next);
    },
    nextCall: () => new Promise((resolve) => arrived.push(resolve)),
    close: fake.close,
  };
}

async function pass({ method, path, headers, body }: FakeCall, origin: string): Promise<FakeAnswer> {
  const passed = ['accept', 'content-type'].flatMap((name) =>
    headers[name] ? [[name, String(headers[name])] as const] : [],
  );
  const response = await fetch(origin + path, {
    method,
    headers: Object.fromEntries(passed),
    ...(body === '' ? {} : { body }),
  });
  const type = response.headers.get('content-type') ?? 'application/json';
  return { status: response.status, headers: { 'content-type': type }, body: await response.text() };
}

function fail({ response }: FakeCall, fault: Fault): FakeAnswer | 'no answer' {
  if (fault === 'cut off') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    response.write('{"data":{"half":', () => response.destroy());
  }
  return answers[fault];
}

const answers: Readonly<Record<Fault, FakeAnswer | 'no answer'>> = {
  failing: { status: 500, json: { problem: 'secret-cause at /srv/app/db.js:1' } },
  silent: 'no answer',
  'cut off': 'no answer',
  'not JSON': { headers: { 'content-type': 'text/html' }, body: '<html>secret-cause</html>' },
  'another shape': { json: 'secret-cause' },
  empty: { json: {} },
  huge: { json: { data: 'x'.repeat(hugeBytes), items: [] } },
};
