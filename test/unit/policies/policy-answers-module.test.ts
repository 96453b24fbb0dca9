import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { loadPolicyModule } from '../../../src/assembly/policy-module.ts';
import { createModuleAuthority, readPolicyFunctions } from '../../../src/policies/policy-module.ts';
import type { PolicyFunction } from '../../../src/policies/policy-module.ts';
import type { InternalErrorEvent } from '../../../src/telemetry/channels.ts';
import { callerWith } from '../../support/identity-inputs.ts';

const file = '/etc/weft/policies.ts';
const yes = (): boolean => true;

function problemsOf(exports: Readonly<Record<string, unknown>>, known: readonly string[] = []): string {
  try {
    readPolicyFunctions({ file, exports, known });
    return 'none';
  } catch (error) {
    assert.equal((error as { readonly code?: string }).code, 'CONFIGURATION_INVALID');
    return (error as Error).message;
  }
}

/** Messages for the log while the test runs. */
function listenToErrors(t: TestContext): readonly string[] {
  const messages: string[] = [];
  const listen = (message: unknown): void => {
    messages.push((message as InternalErrorEvent).error.message);
  };
  subscribe('weft:error', listen);
  t.after(() => unsubscribe('weft:error', listen));
  return messages;
}

function authorityOf(functions: Readonly<Record<string, unknown>>, timeoutMs = 5000) {
  const clock = { now: 1000 };
  const entries = Object.entries(functions) as [string, PolicyFunction][];
  return { clock, authority: createModuleAuthority(new Map(entries), { timeoutMs, now: () => clock.now }) };
}

describe('a module of policies', () => {
  test('exports functions, one for each policy that is used', () => {
    assert.deepEqual([...readPolicyFunctions({ file, exports: { policies: { p: yes } }, known: ['p'] })], [['p', yes]]);
  });

  test('is refused with every problem it has', () => {
    assert.equal(
      problemsOf({}),
      `${file}: Expected an export "policies" with a function by each name, but got: nothing`,
    );
    assert.equal(
      problemsOf({ policies: [yes] }),
      `${file}: Expected an export "policies" with a function by each name, but got: a list`,
    );
    assert.equal(
      problemsOf({ policies: { p: true, owners: yes } }, ['owner', 'constructor', 'p']),
      [
        `${file}: Expected policy "p" to be a function, but got: a value of type boolean`,
        `${file}: Expected a function for policy "owner", but got: none; did you mean "owners"?`,
        `${file}: Expected a function for policy "constructor", but got: none`,
      ].join('\n'),
    );
  });

  test('is loaded from its file, and may import from weft', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-policies-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'policies.ts');
    const text = `import { GatewayError } from 'weft';
export const policies = { p: (caller: { tier?: string }): boolean => GatewayError !== undefined && caller.tier === 'gold' };`;
    writeFileSync(path, text);
    const functions = readPolicyFunctions({ file: path, exports: await loadPolicyModule(path), known: ['p'] });
    assert.equal(functions.get('p')?.(callerWith({ tier: 'gold' }), { requestId: '1' }), true);
    const broken = join(folder, 'broken.ts');
    writeFileSync(broken, "throw new Error('no database');");
    await assert.rejects(loadPolicyModule(broken), {
      code: 'CONFIGURATION_INVALID',
      message: `${broken}:1:7: no database`,
    });
  });
});

describe('a policy function', () => {
  const caller = callerWith();

  test('decides by true alone, at once where it answers at once', async () => {
    const { authority } = authorityOf({ yes, no: () => false, later: () => Promise.resolve(true) });
    assert.deepEqual(
      authority.ask(['yes', 'no'], caller, { requestId: '1' }),
      new Map([
        ['yes', 'granted'],
        ['no', 'denied'],
      ]),
    );
    const mixed = authority.ask(['no', 'later'], caller, { requestId: '1' });
    assert.ok(mixed instanceof Promise);
    assert.deepEqual(
      await mixed,
      new Map([
        ['no', 'denied'],
        ['later', 'granted'],
      ]),
    );
  });

  test('is given the caller, and of the request what it may know alone', () => {
    const given: unknown[] = [];
    const { authority } = authorityOf({ p: (...all: unknown[]) => given.push(...all) > 0 });
    const scope = {
      requestId: '1',
      address: '10.0.0.1',
      operationName: 'Me',
      clientHeaders: { authorization: 'Bearer s' },
    };
    void authority.ask(['p'], caller, scope);
    assert.equal(given[0], caller);
    assert.deepEqual(given[1], { requestId: '1', address: '10.0.0.1', operationName: 'Me' });
  });

  test('that throws, rejects, gives something else, or is not there has failed', async (t) => {
    const messages = listenToErrors(t);
    const { authority } = authorityOf({
      throws: () => {
        throw new Error('no database');
      },
      rejects: () => Promise.reject(new Error('no network')),
      text: () => 'true',
      later: () => Promise.resolve(1),
    });
    const names = ['throws', 'rejects', 'text', 'later', 'absent'];
    const decisions = await authority.ask(names, caller, { requestId: '1' });
    assert.deepEqual(
      [...decisions.values()],
      names.map(() => 'failed'),
    );
    assert.deepEqual(messages.toSorted(), [
      'Expected policy "absent" to give true or false, but got: nothing',
      'Expected policy "later" to give true or false, but got: a value of type number',
      'Expected policy "text" to give true or false, but got: a value of type string',
      'policy "rejects": no network',
      'policy "throws": no database',
    ]);
  });

  test('that never answers has failed after a while', async (t) => {
    const messages = listenToErrors(t);
    const { authority } = authorityOf({ hangs: () => new Promise(() => {}) }, 20);
    const decisions = await authority.ask(['hangs'], caller, { requestId: '1' });
    assert.equal(decisions.get('hangs'), 'failed');
    assert.deepEqual(messages, ['policy "hangs": Expected a decision within 20 ms, but got: none']);
  });

  test('is told to have failed once a minute for each message', (t) => {
    const messages = listenToErrors(t);
    let reason = 'no database';
    const { authority, clock } = authorityOf({
      p: () => {
        throw new Error(reason);
      },
    });
    const ask = (): unknown => authority.ask(['p'], caller, { requestId: '1' });
    ask();
    ask();
    reason = 'no network';
    ask();
    clock.now += 60_001;
    ask();
    assert.deepEqual(messages, ['policy "p": no database', 'policy "p": no network', 'policy "p": no network']);
  });
});
