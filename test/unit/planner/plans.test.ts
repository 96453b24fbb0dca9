import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { composeServices } from '@theguild/federation-composition';
import { parse, validate, type DocumentNode } from 'graphql';
import { printPlan } from '../../../src/planner/print-plan.ts';
import { prepare } from './reference/check.ts';
import { generateOperation } from './reference/generate.ts';

const folder = fileURLToPath(new URL('../../plans', import.meta.url));

function supergraphOf(name: string): DocumentNode {
  const file = join(folder, name, 'supergraph.graphql');
  if (existsSync(file)) return parse(readFileSync(file, 'utf8'));
  const subgraphs = join(folder, name, 'subgraphs');
  const services = readdirSync(subgraphs)
    .toSorted()
    .map((entry) => ({
      name: entry.replace('.graphql', ''),
      url: `http://${entry.replace('.graphql', '')}.example`,
      typeDefs: parse(readFileSync(join(subgraphs, entry), 'utf8')),
    }));
  const { supergraphSdl, errors } = composeServices(services);
  assert.ok(supergraphSdl, `${name} must compose, but: ${errors?.map(({ message }) => message).join('\n')}`);
  return parse(supergraphSdl);
}

function readJson(name: string, file: string): unknown {
  const path = join(folder, name, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

for (const name of readdirSync(folder)) {
  test(`plan: ${name.replaceAll('-', ' ')}`, () => {
    const prepared = prepare(supergraphOf(name));
    const document = parse(readFileSync(join(folder, name, 'query.graphql'), 'utf8'));
    assert.deepEqual(validate(prepared.schema, document), []);
    const variables = (readJson(name, 'variables.json') ?? {}) as Readonly<Record<string, unknown>>;
    const overrideLabels = new Set((readJson(name, 'labels.json') ?? []) as readonly string[]);
    const plan = printPlan(prepared.check({ document, variables, overrideLabels }));
    const file = join(folder, name, 'plan.txt');
    if (!existsSync(file) && process.env['CI'] === undefined) writeFileSync(file, plan);
    assert.equal(plan, readFileSync(file, 'utf8'));
  });

  test(`any operation answers as one server would: ${name.replaceAll('-', ' ')}`, () => {
    const prepared = prepare(supergraphOf(name));
    for (let seed = 0; seed < 25; seed++) {
      const { document, text, variables } = generateOperation(prepared.schema, seed);
      assert.doesNotThrow(() => prepared.check({ document, variables }), `seed ${seed}: ${text}`);
    }
  });
}
