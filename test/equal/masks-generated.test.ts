import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ExecutionResult } from 'graphql';
import { GatewayError } from '../../src/errors.ts';
import { generateGraph } from '../support/generated/graph.ts';
import { generateOperation } from '../support/generated/operation.ts';
import { askGuarded, type Denied } from '../support/masks-monolith.ts';
import {
  createMasksRig,
  randomGuards,
  type EngineName,
  type GuardedAnswer,
  type MasksRig,
} from '../support/masks-rig.ts';
import { knownDefect } from './generated/known-stitched.ts';
import { graphSeeds } from './generated/suite.ts';

const operationsPerGraph = 35;

/** Callers by what they lack of five requirements. */
const callers = [[0, 1], [2], [1, 3, 4], []] as const;

type Operation = ReturnType<typeof generateOperation>;

function pathsOf({ errors = [] }: ExecutionResult): readonly string[] {
  return errors.map(({ path }) => JSON.stringify(path)).toSorted();
}

function judge(rig: MasksRig, operation: Operation, answer: GuardedAnswer, lacks: readonly number[]): void {
  const denied = rig.deniedOf(lacks);
  const expected = askGuarded(rig.universe, denied, operation);
  assert.equal(JSON.stringify(answer.result.data), JSON.stringify(expected.result.data), 'data');
  assert.deepEqual(pathsOf(answer.result), pathsOf(expected.result), 'places of errors');
  for (const { originalError } of answer.result.errors ?? []) {
    assert.ok(originalError instanceof GatewayError);
    assert.equal(originalError.code, 'UNAUTHORIZED_FIELD_OR_TYPE', originalError.message);
  }
  judgeMutations(answer.record.journal, expected, denied);
  assert.deepEqual(answer.record.refusals, []);
  assert.equal(rig.leakIn(answer, denied), undefined);
}

/** Where a null goes up to the root, those after it may be carried out or not; one that is denied never is. */
function judgeMutations(journal: readonly string[], expected: ReturnType<typeof askGuarded>, denied: Denied): void {
  if (expected.result.data !== null) assert.deepEqual(journal, expected.mutations, 'mutations that were run');
  for (const entry of journal) assert.ok(!denied.fields.has(entry.slice(0, entry.indexOf('{'))), entry);
}

describe('callers with different rights, at the same time, over generated operations', () => {
  for (const graphSeed of graphSeeds) {
    test(`graph ${graphSeed}: each gets what they may read, and no upstream hears of the rest`, async () => {
      const rig = createMasksRig(generateGraph(graphSeed).subgraphs, {
        guards: (schema) => randomGuards(schema, graphSeed),
      });
      for (let seed = 1; seed <= operationsPerGraph; seed += 1) {
        const operation = generateOperation(rig.universe.schema, { seed: seed * 17 + 5 });
        const engines: readonly EngineName[] = knownDefect(rig.universe.schema, operation.document)
          ? ['compiled']
          : ['compiled', 'stitched'];
        const asked = engines.flatMap((engine) => callers.map((lacks) => ({ engine, lacks })));
        const answers = await Promise.all(asked.map((each) => rig.ask({ ...operation, ...each })));
        for (const [index, answer] of answers.entries()) {
          const { engine, lacks } = asked[index] ?? { engine: 'compiled', lacks: [] };
          try {
            judge(rig, operation, answer, lacks);
          } catch (cause) {
            const what = `${engine}, operation ${seed}, lacking ${lacks.join()}: ${operation.text}\n${JSON.stringify(operation.variables)}`;
            throw new Error(`${what}\n${(cause as Error).message}`, { cause });
          }
        }
      }
    });
  }
});
