import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLevel } from '../../../../src/config/telemetry-types.ts';
import { LevelSwitch } from '../../../../src/telemetry/logs/level-switch.ts';
import { linesOf } from '../../../support/log-lines.ts';

test('toggling goes to debug and back, and says so each time', async () => {
  const levels: LogLevel[] = [];
  const lines = await linesOf({ level: 'warn' }, (log) => {
    const levelSwitch = new LevelSwitch(log);
    for (let times = 0; times < 3; times += 1) {
      levelSwitch.toggle();
      levels.push(log.level);
    }
  });
  assert.deepEqual(levels, ['debug', 'warn', 'debug']);
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['debug', 'warn', 'debug'].map((level) => `the log's level is ${level}, asked for by SIGUSR2`),
  );
});

test('a level that the configuration has anew holds, and is what toggling comes back to', async () => {
  const levels: LogLevel[] = [];
  await linesOf({ level: 'info' }, (log) => {
    const levelSwitch = new LevelSwitch(log);
    levelSwitch.toggle();
    levelSwitch.configure('error');
    levels.push(log.level);
    levelSwitch.toggle();
    levelSwitch.toggle();
    levels.push(log.level);
  });
  assert.deepEqual(levels, ['error', 'error']);
});

test('a level that did not change leaves a toggled log as it is', async () => {
  const lines = await linesOf({ level: 'info' }, (log) => {
    const levelSwitch = new LevelSwitch(log);
    levelSwitch.toggle();
    levelSwitch.configure('info');
    assert.equal(log.level, 'debug');
  });
  assert.equal(lines.length, 1);
});
