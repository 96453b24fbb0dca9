import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishRequestEnd } from '../../../../src/telemetry/channels.ts';
import type { OperationRun } from '../../../../src/telemetry/record.ts';
import { callRecord, endedRecord, operationRun, plainAccess, textsOf, type Line } from '../../../support/log-lines.ts';

/** Where a text may stand in a line: the request that brings it there, and how it is read from the line again. */
interface Place {
  readonly brings: (text: string) => Parameters<typeof endedRecord>[0];
  readonly reads: (line: Line) => unknown;
}

const placeOf = (member: 'requestId' | 'callerId' | 'consumer' | 'tier' | 'method' | 'route' | 'upstream'): Place => ({
  brings: (text) => ({ [member]: text }),
  reads: (line) => line[member],
});

const named = (name: string): OperationRun => {
  const run = operationRun();
  return { ...run, operation: { ...run.operation, name } };
};

const listIn = (line: Line, member: string): readonly Line[] => line[member] as readonly Line[];

const places: Readonly<Record<string, Place>> = {
  'the id of the request': placeOf('requestId'),
  'the id of the caller': placeOf('callerId'),
  'the consumer': placeOf('consumer'),
  'the tier': placeOf('tier'),
  'the name of the client': { brings: (clientName) => ({ clientName }), reads: ({ clientName }) => clientName },
  'the version of the client': {
    brings: (clientVersion) => ({ clientVersion }),
    reads: ({ clientVersion }) => clientVersion,
  },
  'the address': { brings: (address) => ({ address }), reads: ({ clientAddress }) => clientAddress },
  'the method': placeOf('method'),
  'the route': placeOf('route'),
  'the path': { brings: (path) => ({ path }), reads: ({ path }) => path },
  'the upstream': placeOf('upstream'),
  'the name of the operation': {
    brings: (text) => ({ runs: [named(text)] }),
    reads: ({ operationName }) => operationName,
  },
  'the name of an operation of a batch': {
    brings: (text) => ({ runs: [operationRun(), named(text)] }),
    reads: (line) => listIn(line, 'operations')[1]?.['name'],
  },
  'the code of an error': {
    brings: (code) => ({ errors: [{ code, upstream: undefined }] }),
    reads: (line) => listIn(line, 'errors')[0]?.['code'],
  },
  'the upstream of an error': {
    brings: (upstream) => ({ errors: [{ code: 'UPSTREAM_FAILED', upstream }] }),
    reads: (line) => listIn(line, 'errors')[0]?.['upstream'],
  },
  'the upstream of a call': {
    brings: (upstream) => ({ calls: [callRecord({ upstream })] }),
    reads: (line) => listIn(line, 'calls')[0]?.['upstream'],
  },
  'the template of a call': {
    brings: (template) => ({ calls: [callRecord({ template })] }),
    reads: (line) => listIn(line, 'calls')[0]?.['template'],
  },
  'a header': {
    brings: (text) => ({ headers: { 'x-wanted': text } }),
    reads: ({ headers }) => (headers as Line)['x-wanted'],
  },
  'a variable': {
    brings: (text) => ({ runs: [operationRun({ variables: { [text]: text } })] }),
    reads: ({ variables }) => Object.entries(variables as Line).find(([name, value]) => name === value)?.[1],
  },
};

/** Each breaks a line, or is read as another text, where it is not escaped. */
const awkward: readonly string[] = [
  ...['a"b', 'a\\', 'a\\nb', 'a\nb', 'a\u0000b', '\ud800'],
  'a","level":60,"x":"',
  '"}\n{"level":60,"msg":"request"}',
];

for (const [what, { brings, reads }] of Object.entries(places)) {
  test(`${what} breaks no line and is read as it came, whatever is in it`, async () => {
    const access = { paths: true, variables: true, addresses: 'full', headers: ['x-wanted'] } as const;
    for (const text of awkward) {
      const [written = '', ...more] = await textsOf({ access: { ...plainAccess, ...access } }, () =>
        publishRequestEnd(endedRecord(brings(text))),
      );
      assert.deepEqual([more, written.indexOf('\n')], [[], written.length - 1]);
      const line = JSON.parse(written) as Line;
      assert.deepEqual([reads(line), line['level'], line['msg']], [text, 30, 'request']);
    }
  });
}
