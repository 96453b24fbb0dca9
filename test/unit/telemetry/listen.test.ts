import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { test } from 'node:test';
import type { InternalErrorEvent } from '../../../src/telemetry/channels.ts';
import { listenTo } from '../../../src/telemetry/listen.ts';

test('a listener that throws disturbs nobody, and is told of once', (context) => {
  const told: string[] = [];
  const heard: unknown[] = [];
  const endings = [
    listenTo<InternalErrorEvent>('weft:error', ({ error }) => told.push(error.message)),
    listenTo('weft:test', () => {
      throw new Error('a fault in telemetry');
    }),
    listenTo('weft:test', (event) => heard.push(event)),
  ];
  context.after(() => endings.forEach((end) => end()));
  channel('weft:test').publish(1);
  channel('weft:test').publish(2);
  assert.deepEqual(heard, [1, 2]);
  assert.deepEqual(told, ['a listener of weft:test failed; what it is told then is lost']);
});

test('hears nothing more once it has ended', () => {
  const heard: unknown[] = [];
  const end = listenTo('weft:test', (event) => heard.push(event));
  channel('weft:test').publish('before');
  end();
  channel('weft:test').publish('after');
  assert.deepEqual(heard, ['before']);
});
