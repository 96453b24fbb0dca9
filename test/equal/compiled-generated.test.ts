import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError } from '../../src/errors.ts';
import { generateCase, judge, type EngineName } from '../support/generated/cases.ts';
import { readExample } from '../support/generated/example.ts';
import { allFeatures, generateGraph } from '../support/generated/graph.ts';
import { report } from '../support/generated/report.ts';
import { createRig } from '../support/generated/rig.ts';
import { knownDefect, knownDefects } from './generated/known-stitched.ts';
import { regressions } from './generated/regressions.ts';
import { graphSeeds, operationsPerGraph } from './generated/suite.ts';

describe('generated operations over generated supergraphs, with failures', () => {
  test('the supergraphs have every feature between them', () => {
    const features = new Set(graphSeeds.flatMap((seed) => [...generateGraph(seed).features]));
    assert.deepEqual(
      allFeatures.filter((feature) => !features.has(feature)),
      [],
    );
  });

  for (const graphSeed of graphSeeds) {
    test(`graph ${graphSeed}: ${operationsPerGraph} answers of the engines are the monolith's`, async () => {
      const { name, subgraphs } = generateGraph(graphSeed);
      const rig = createRig(name, subgraphs);
      for (let seed = 1; seed <= operationsPerGraph; seed += 1) {
        const one = generateCase(rig, seed);
        const engines: readonly EngineName[] = knownDefect(rig.schema, one.document)
          ? ['compiled']
          : ['compiled', 'stitched'];
        for (const engine of engines) {
          const difference = await judge(rig, engine, one);
          if (difference) assert.fail(await report({ rig, engine, one }, difference));
        }
      }
    });
  }
});

describe('what generated operations brought to light', () => {
  for (const { promise, ...example } of regressions) {
    test(promise, async () => {
      const { rig, one } = readExample(promise, example);
      assert.equal(await judge(rig, 'compiled', one), undefined);
      if (example.code !== undefined) {
        const { errors = [] } = (await rig.compiled(one)).result;
        const codes = errors.map(({ originalError }) => originalError instanceof GatewayError && originalError.code);
        assert.deepEqual([...new Set(codes)], [example.code]);
      }
      if (example.isStitchedRight !== false) assert.equal(await judge(rig, 'stitched', one), undefined);
    });
  }
});

describe('where the stitched engine is wrong, the compiled one is right', () => {
  for (const { reason, example } of knownDefects) {
    test(reason, async () => {
      const { rig, one } = readExample(reason, example);
      assert.equal(await judge(rig, 'compiled', one), undefined);
      assert.notEqual(await judge(rig, 'stitched', one), undefined, 'it is no defect any more: take it off the list');
    });
  }
});
