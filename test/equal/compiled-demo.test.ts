import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ExecutionResult } from 'graphql';
import type { EngineName } from '../support/generated/cases.ts';
import { difference } from '../support/generated/compare.ts';
import { demoLiteral, startDemoRig, type DemoRig } from '../support/generated/demo.ts';
import { generateOperation, type GeneratedOperation } from '../support/generated/operation.ts';
import { newRecord } from '../support/generated/record.ts';
import { createMonolith } from '../support/monolith.ts';
import { demoOperations, demoOutages } from './generated/suite.ts';

const engines: readonly EngineName[] = ['compiled', 'stitched'];

function told(seed: number, { text, variables }: GeneratedOperation): string {
  return `seed ${seed}\n${text}\n${JSON.stringify(variables)}`;
}

describe('generated operations over the demo', () => {
  const { schema, execute } = createMonolith();
  let rig: DemoRig;
  before(async () => {
    rig = await startDemoRig();
  });
  after(async () => rig.close());

  const operationOf = (seed: number): GeneratedOperation =>
    generateOperation(schema, { seed, literal: demoLiteral, mutations: 0 });

  async function compare(seed: number, isUnsure: boolean): Promise<void> {
    const operation = operationOf(seed);
    const whole = await execute(operation.document, { ...operation.variables });
    const data = JSON.parse(JSON.stringify(whole.data)) as ExecutionResult['data'] & {};
    const expected = { result: { ...whole, data }, record: newRecord({ seed, percent: 0 }), causes: [] };
    for (const engine of engines) {
      const result = await rig.run(engine, operation);
      const answer = { result, record: { ...newRecord({ seed, percent: 0 }), isUnsure } };
      const found = difference({ answer, expected, whole: expected, namesCauses: true });
      assert.equal(found, undefined, `${engine}, ${told(seed, operation)}\n${found?.message}`);
    }
  }

  test(`${demoOperations} of them get the monolith's answers from both engines`, async () => {
    for (let seed = 1; seed <= demoOperations; seed += 1) await compare(seed, false);
    assert.equal(rig.declined(), 0);
  });

  test(`${demoOutages} of them get what is left of the monolith's answers where an upstream is down`, async (t) => {
    t.after(() => rig.breakDown());
    for (let seed = 1; seed <= demoOutages; seed += 1) {
      rig.breakDown(rig.upstreams[seed % rig.upstreams.length]);
      await compare(seed, true);
    }
  });
});
