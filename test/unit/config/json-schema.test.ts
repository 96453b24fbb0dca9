import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configJsonSchema } from '../../../src/config/json-schema.ts';

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly [key: string]: unknown;
}

const kinds = ['gateway', 'upstream'] as const;

test('docs/*.schema.json is what `weft config schema` prints', () => {
  for (const kind of kinds) {
    assert.equal(
      readFileSync(`docs/${kind}.schema.json`, 'utf8'),
      `${JSON.stringify(configJsonSchema(kind), null, 2)}\n`,
      `write it anew: weft config schema ${kind} > docs/${kind}.schema.json`,
    );
  }
});

test('editors show a description of every key', () => {
  const undescribed: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, property] of Object.entries((value as Node).properties ?? {})) {
      if (property.description === undefined) undescribed.push(`${path}.${name}`);
    }
    for (const [key, child] of Object.entries(value)) visit(child, `${path}.${key}`);
  };
  for (const kind of kinds) visit(configJsonSchema(kind), kind);
  assert.deepEqual(undescribed, []);
});

test('a number or a duration may also be written as an expression', () => {
  const { properties } = configJsonSchema('gateway') as Node;
  const expression = { type: 'string', pattern: '\\$\\{' };
  assert.deepEqual(properties?.['port']?.['anyOf'], [{ type: 'integer', minimum: 0, maximum: 65_535 }, expression]);
  const drain = properties?.['shutdown']?.properties?.['drain']?.['anyOf'] as Node[] | undefined;
  const pattern = new RegExp(String(drain?.[0]?.['pattern']));
  assert.ok(pattern.test('20s'));
  assert.ok(!pattern.test('20'));
});

test('a key with a default need not be written, kind and targets must', () => {
  assert.equal((configJsonSchema('gateway') as Node)['required'], undefined);
  assert.deepEqual((configJsonSchema('upstream') as Node)['required'], ['kind', 'targets']);
});

test('the first line of every configuration file names its schema', () => {
  const firstLine = (file: string): string => readFileSync(file, 'utf8').split('\n')[0] ?? '';
  assert.equal(firstLine('gateway.yaml'), '# yaml-language-server: $schema=docs/gateway.schema.json');
  for (const file of readdirSync('upstreams').filter((name) => /^\w+\.yaml$/.test(name))) {
    assert.equal(firstLine(`upstreams/${file}`), '# yaml-language-server: $schema=../docs/upstream.schema.json', file);
  }
});
