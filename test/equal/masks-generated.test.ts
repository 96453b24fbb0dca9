import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ExecutionResult } from 'graphql';
import { GatewayError } from '../../src/errors.ts';
import type { FaultPlan } from '../support/generated/faults.ts';
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
const failingPerGraph = 20;

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

/** Where an answer with failures has something, it is what the answer without them has; undefined where it has more. */
function excessOf(actual: unknown, allowed: unknown, path = 'data'): string | undefined {
  if (actual === null) return undefined;
  if (typeof actual !== 'object' || typeof allowed !== 'object' || allowed === null) {
    return actual === allowed ? undefined : `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(allowed)}`;
  }
  for (const [key, value] of Object.entries(actual)) {
    const excess = excessOf(value, (allowed as Readonly<Record<string, unknown>>)[key], `${path}.${key}`);
    if (excess !== undefined) return excess;
  }
  return undefined;
}

describe('where upstreams fail, callers who lack something', () => {
  for (const graphSeed of graphSeeds) {
    test(`graph ${graphSeed}: get nothing that they may not read, and no upstream hears of it`, async () => {
      const rig = createMasksRig(generateGraph(graphSeed).subgraphs, {
        guards: (schema) => randomGuards(schema, graphSeed),
      });
      const { subgraphs } = rig.universe;
      for (let seed = 1; seed <= failingPerGraph; seed += 1) {
        const operation = generateOperation(rig.universe.schema, { seed: seed * 31 + 7 });
        const down = subgraphs[seed % subgraphs.length]?.name;
        const plan: FaultPlan = { seed, percent: 10, ...(down !== undefined && seed % 2 === 0 && { down }) };
        const isKnown = knownDefect(rig.universe.schema, operation.document) !== undefined;
        for (const engine of isKnown ? (['compiled'] as const) : (['compiled', 'stitched'] as const)) {
          for (const lacks of callers.slice(0, 3)) {
            const denied = rig.deniedOf(lacks);
            const answer = await rig.ask({ ...operation, engine, lacks, plan });
            const allowed = askGuarded(rig.universe, denied, operation).result.data;
            const what = `${engine}, operation ${seed}, lacking ${lacks.join()}: ${operation.text}`;
            assert.equal(excessOf(answer.result.data ?? null, allowed), undefined, what);
            assert.equal(rig.leakIn(answer, denied), undefined, what);
          }
        }
      }
    });
  }
});

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
