import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { GatewayError } from '../../../src/errors.ts';
import { publishInternalError, publishNotice, publishUpstreamCall } from '../../../src/telemetry/channels.ts';
import { startLog, type LogOptions } from '../../../src/telemetry/log.ts';

type Line = Readonly<Record<string, unknown>>;

/** The lines that are written while `run` publishes, without their time. */
function linesOf(level: LogOptions['level'], run: () => void): readonly Line[] {
  const lines: Line[] = [];
  const destination = {
    write: (text: string): void => {
      const { time, ...line } = JSON.parse(text) as Line;
      assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
      lines.push(line);
    },
  };
  const log = startLog({ level, destination });
  try {
    run();
  } finally {
    log.stop();
  }
  return lines;
}

const call = { upstream: 'users', method: 'GET', path: '/users/1', status: 200, durationMs: 3, requestId: 'r1' };

test('a notice is written at its level, with its upstream', () => {
  const lines = linesOf('info', () => {
    publishNotice({ level: 'warn', message: 'schema from disk', upstream: 'reviews' });
    publishNotice({ level: 'info', message: 'reloaded' });
  });
  assert.deepEqual(lines, [
    { level: 40, upstream: 'reviews', msg: 'schema from disk' },
    { level: 30, msg: 'reloaded' },
  ]);
});

test('an internal error is written with code, upstream, status, request id and the messages of its causes', () => {
  const cause = new Error('socket hang up', { cause: new Error('ECONNRESET') });
  const error = new GatewayError('UPSTREAM_FAILED', 'users: cut off', {
    upstream: 'users',
    upstreamStatus: 200,
    cause,
  });
  assert.deepEqual(
    linesOf('info', () => publishInternalError({ error, requestId: 'r1' })),
    [
      {
        level: 50,
        requestId: 'r1',
        code: 'UPSTREAM_FAILED',
        upstream: 'users',
        upstreamStatus: 200,
        causes: ['socket hang up', 'ECONNRESET'],
        msg: 'users: cut off',
      },
    ],
  );
});

test('an error that nobody foresaw is written with the stack of where it began', () => {
  const error = new GatewayError('INTERNAL_ERROR', 'oh', { cause: new TypeError('oh') });
  const [line] = linesOf('info', () => publishInternalError({ error, requestId: undefined }));
  assert.match(String(line?.['stack']), /^TypeError: oh\n\s+at .*log\.test\.ts/);
});

test('what an error carries for clients or by accident is not written', () => {
  const options = { exposed: { details: 'hunter2' }, exposedMessage: 'hunter2' };
  const error = Object.assign(new GatewayError('UPSTREAM_ERROR', 'm', options), {
    headers: 'hunter2',
    body: 'hunter2',
  });
  assert.doesNotMatch(
    JSON.stringify(linesOf('trace', () => publishInternalError({ error, requestId: 'r' }))),
    /hunter2/,
  );
});

test('an upstream call is written at debug', () => {
  assert.deepEqual(
    linesOf('debug', () => publishUpstreamCall(() => call)),
    [{ level: 20, ...call, msg: 'upstream call' }],
  );
});

test('an upstream call is not even built where nobody would write it', () => {
  let built = 0;
  const lines = linesOf('info', () =>
    publishUpstreamCall(() => {
      built++;
      return call;
    }),
  );
  assert.deepEqual([lines, built], [[], 0]);
});

test('a silent log writes nothing', () => {
  assert.deepEqual(
    linesOf('silent', () => publishNotice({ level: 'error', message: 'x' })),
    [],
  );
});

test('a stopped log listens no more', () => {
  linesOf('trace', () => {});
  for (const name of ['weft:notice', 'weft:error', 'weft:upstream.call'])
    assert.equal(channel(name).hasSubscribers, false);
});
