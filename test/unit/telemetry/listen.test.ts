import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { listenTo } from '../../../src/telemetry/listen.ts';

test('a listener that throws disturbs nobody, and is told of once', (context) => {
  const told: string[] = [];
  const heard: unknown[] = [];
  const endings = [
    listenTo('weft:error', ({ error }) => told.push(error.message)),
    listenTo('weft:notice', () => {
      throw new Error('a fault in telemetry');
    }),
    listenTo('weft:notice', (event) => heard.push(event)),
  ];
  context.after(() => endings.forEach((end) => end()));
  channel('weft:notice').publish(1);
  channel('weft:notice').publish(2);
  assert.deepEqual(heard, [1, 2]);
  assert.deepEqual(told, ['a listener of weft:notice failed; what it is told then is lost']);
});

test('hears nothing more once it has ended', () => {
  const heard: unknown[] = [];
  const end = listenTo('weft:notice', (event) => heard.push(event));
  channel('weft:notice').publish('before');
  end();
  channel('weft:notice').publish('after');
  assert.deepEqual(heard, ['before']);
});
