import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { GatewayError } from '../../../src/errors.ts';
import {
  hearsCalls,
  hearsRequests,
  publishCallEnd,
  publishInternalError,
  publishLimit,
  publishNotice,
  publishRequestEnd,
} from '../../../src/telemetry/channels.ts';
import { startLog } from '../../../src/telemetry/log.ts';
import {
  callRecord,
  endedRecord,
  linesOf,
  operationRun,
  plainAccess,
  plainLog,
  textsOf,
} from '../../support/log-lines.ts';

test('a notice is written at its level, with its upstream', async () => {
  const lines = await linesOf({}, () => {
    publishNotice({ level: 'warn', message: 'schema from disk', upstream: 'reviews' });
    publishNotice({ level: 'info', message: 'reloaded' });
  });
  assert.deepEqual(lines, [
    { level: 40, upstream: 'reviews', msg: 'schema from disk' },
    { level: 30, msg: 'reloaded' },
  ]);
});

test('an internal error is written with its request id', async () => {
  const error = new GatewayError('UPSTREAM_FAILED', 'users: cut off', { upstream: 'users', upstreamStatus: 200 });
  assert.deepEqual(await linesOf({}, () => publishInternalError({ error, requestId: 'r1' })), [
    {
      level: 50,
      requestId: 'r1',
      code: 'UPSTREAM_FAILED',
      upstream: 'users',
      upstreamStatus: 200,
      msg: 'users: cut off',
    },
  ]);
});

test('a limit without room is told by name', async () => {
  const lines = await linesOf({}, () => {
    publishLimit(() => ({ limit: 'per-minute', outcome: 'refused', requestId: 'r1' }));
    publishLimit(() => ({ limit: 'new', outcome: 'measured', requestId: 'r1' }));
  });
  assert.deepEqual(lines, [
    { level: 30, limit: 'per-minute', count: 1, msg: 'a limit had no room' },
    { level: 30, limit: 'new', count: 1, msg: 'a limit that is only measured had no room' },
  ]);
});

test('an upstream call is written at debug, with its template and without what its target keeps secret', async () => {
  const call = callRecord({ startedAt: 1000 });
  const [line, ...more] = await linesOf({ level: 'debug' }, () => publishCallEnd({ call, requestId: 'r1' }));
  assert.deepEqual(more, []);
  assert.deepEqual(line, {
    level: 20,
    requestId: 'r1',
    upstream: 'users',
    kind: 'rest',
    method: 'GET',
    template: '/users/{id}',
    target: 'http://users.internal:8080',
    status: 200,
    ms: 10,
    sentAfterMs: 1,
    headersAfterMs: 9,
    source: 'upstream',
    attempts: 1,
    batch: 1,
    requestBytes: 0,
    responseBytes: 100,
    spanId: '00f067aa0ba902b7',
    msg: 'upstream call',
  });
});

test('nothing is made for the log that it would not write', async (t) => {
  const log = await startLog({ ...plainLog, access: plainAccess }, { destination: { write: () => {} } });
  t.after(() => log.stop());
  assert.deepEqual([hearsRequests(), hearsCalls()], [true, false]);
  log.setLevel('debug');
  assert.deepEqual([hearsRequests(), hearsCalls()], [true, true]);
  log.setLevel('error');
  assert.deepEqual([hearsRequests(), hearsCalls()], [false, false]);
});

test('without access lines and slow operations no request is recorded for the log', async () => {
  await linesOf({}, () => assert.equal(hearsRequests(), false));
  await linesOf({ slowerThanMs: 1 }, () => assert.equal(hearsRequests(), true));
});

test('a level that is changed holds for what comes then', async () => {
  const lines = await linesOf({ access: plainAccess }, (log) => {
    log.setLevel('warn');
    publishRequestEnd(endedRecord());
    publishNotice({ level: 'info', message: 'lost' });
    log.setLevel('info');
    publishRequestEnd(endedRecord());
    publishNotice({ level: 'info', message: 'kept' });
  });
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['kept', 'request'],
  );
});

test('a silent log writes nothing', async () => {
  const lines = await linesOf({ level: 'silent', access: plainAccess, slowerThanMs: 1 }, (log) => {
    publishNotice({ level: 'error', message: 'x' });
    publishInternalError({ error: new Error('x'), requestId: undefined });
    log.tell('x');
  });
  assert.deepEqual(lines, []);
});

test('each line names the service where it is known', async () => {
  const texts: string[] = [];
  const service = { name: 'shop "1"', namespace: 'eu', instance: 'a-1' };
  const log = await startLog(
    { ...plainLog, access: plainAccess },
    { service, destination: { write: (text) => void texts.push(text) } },
  );
  publishRequestEnd(endedRecord());
  log.tell('started', { version: '1.2.3' });
  log.stop();
  for (const text of texts) {
    const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
    assert.deepEqual([line['service'], line['serviceNamespace'], line['instance']], ['shop "1"', 'eu', 'a-1']);
  }
  assert.equal(texts.length, 2);
});

test('what is told of the process is one line', async () => {
  const lines = await linesOf({}, (log) => log.tell('started', { version: '1.2.3', addresses: ['http://h:1'] }));
  assert.deepEqual(lines, [{ level: 30, version: '1.2.3', addresses: ['http://h:1'], msg: 'started' }]);
});

test('text is one line a request that people can read', async () => {
  const [text, ...more] = await textsOf({ format: 'text', access: plainAccess }, () => {
    const record = endedRecord({ runs: [operationRun()], errors: [{ code: 'UPSTREAM_TIMEOUT', upstream: 'users' }] });
    record.calls.push(callRecord({ startedAt: record.startedAt }));
    publishRequestEnd(record);
  });
  assert.deepEqual(more, []);
  assert.match(
    text ?? '',
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: 200 POST \/graphql Checkout 12\.5ms \(gateway 2\.5\) 1 call UPSTREAM_TIMEOUT of users \{"requestId":"r1"\}\n$/,
  );
});

test('as text too, what a client chose is read as it came', async () => {
  for (const requestId of ['a"b', 'a\\nb', 'a\nb', 'a","msg":"x']) {
    const record = endedRecord({ requestId, method: requestId });
    const [text = ''] = await textsOf({ format: 'text', access: plainAccess }, () => publishRequestEnd(record));
    assert.ok(text.includes(` INFO: 200 ${requestId} /graphql `), text);
  }
});

test('in text a stack and a plan stand on lines of their own', async () => {
  const record = endedRecord({ runs: [operationRun()] });
  const texts = await textsOf({ format: 'text', slowerThanMs: 1 }, () => {
    publishRequestEnd(record);
    publishInternalError({ error: new TypeError('oh'), requestId: 'r1' });
  });
  assert.match(texts[1] ?? '', /WARN: slow operation\nFetch\(users\) \{"requestId":"r1",/);
  assert.match(texts[0] ?? '', /ERROR: oh\nTypeError: oh\n {4}at /);
});

test('text lets no client speak to the terminal', async () => {
  const [text] = await textsOf({ format: 'text' }, () =>
    publishNotice({ level: 'warn', message: 'a\u001b[2Jb\u009bc' }),
  );
  assert.match(text ?? '', /a\u{fffd}\[2Jb\u{fffd}c/u);
});

test('a stopped log listens no more', async () => {
  await linesOf({ level: 'trace', access: plainAccess, slowerThanMs: 1 }, () => {});
  for (const name of ['weft:notice', 'weft:error', 'weft:limit', 'weft:upstream.end', 'weft:request.end'])
    assert.equal(channel(name).hasSubscribers, false, name);
});
