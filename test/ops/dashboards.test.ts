import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { dashboards } from '../../ops/grafana/build.ts';
import { printDashboard } from '../../ops/grafana/dashboard.ts';
import { prometheusName } from '../../src/telemetry/metrics/definition.ts';
import { definitions } from '../../src/telemetry/metrics/definitions.ts';
import { createCatalog, problemsOf } from './catalog.ts';
import { parseExpression } from './promql.ts';
import { promtool, withPromtool } from './promtool.ts';
import { readRules } from './rules.ts';

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
  readonly exemplar: boolean;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly Target[];
}

interface File {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

const folder = 'ops/grafana';
const catalog = createCatalog(readRules());
const files = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as File]),
);
const panels = [...files].flatMap(([file, { panels: of }]) =>
  of.filter(({ type }) => type !== 'row').map((panel) => ({ ...panel, place: `${file}: ${panel.title}` })),
);
const expressions = [
  ...panels.flatMap(({ place, targets = [] }) => targets.map(({ expr }) => ({ place, expr }))),
  ...[...files].flatMap(([file, { annotations }]) => annotations.list.map(({ expr }) => ({ place: file, expr }))),
];

/** Names of Grafana's own menus. */
const ofGrafana = new Set(['Dashboards', 'New', 'Import']);

describe('dashboards', () => {
  test('the files are what ops/grafana/build.ts writes', () => {
    assert.deepEqual([...files.keys()].toSorted(), Object.keys(dashboards).toSorted());
    for (const [name, dashboard] of Object.entries(dashboards))
      assert.equal(
        readFileSync(join(folder, name), 'utf8'),
        printDashboard(dashboard),
        `${name}: run node ops/grafana/build.ts`,
      );
  });

  test('each panel asks for metrics, labels and values that there are', () => {
    const problems = expressions.flatMap(({ place, expr }) =>
      problemsOf(expr, catalog).map((problem) => `${place}: ${problem}`),
    );
    assert.deepEqual(problems, []);
  });

  test('each panel has a unit, and says what to do next', () => {
    for (const { place, description = '', fieldConfig } of panels) {
      assert.match(description, /^\S.{30,}\.$/, `${place}: a description`);
      assert.match(fieldConfig?.defaults.unit ?? '', /^[a-zA-Z]+$/, `${place}: a unit`);
    }
  });

  test('each legend shows labels that its expression has', () => {
    for (const { place, targets = [], type } of panels)
      for (const { expr, legendFormat } of targets) {
        const { selectors, labels } = parseExpression(expr);
        const known = new Set([
          ...labels,
          ...selectors.flatMap(({ metric }) => [...(catalog.get(metric)?.keys() ?? [])]),
        ]);
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          assert.ok(known.has(label), `${place}: no label ${label}`);
        assert.ok(legendFormat !== '', `${place}: a legend for its ${type}`);
      }
  });

  test('variables are defined where they are used, and are read from labels that there are', () => {
    for (const [file, { panels: of, annotations, templating }] of files) {
      const defined = new Set(templating.list.map(({ name }) => name));
      const all = [...of.flatMap(({ targets = [] }) => targets), ...annotations.list];
      for (const { expr } of all)
        for (const [, name = ''] of expr.matchAll(/\$(\w+)/g))
          assert.ok(name.startsWith('__') || defined.has(name), `${file}: no variable $${name}`);
      for (const { name, definition } of templating.list) {
        if (definition === undefined) continue;
        const [, metric = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? assert.fail(definition);
        assert.deepEqual(problemsOf(`sum by (${label}) (${metric})`, catalog), [], `${file}: $${name}`);
        assert.ok(
          all.some(({ expr }) => expr.includes(`$${name}`)),
          `${file}: nobody uses $${name}`,
        );
      }
    }
  });

  test('exemplars are asked for on buckets alone, which have them', () => {
    const shown = panels.flatMap(({ place, targets = [] }) =>
      targets.filter(({ exemplar }) => exemplar).map(({ expr }) => ({ place, expr })),
    );
    assert.ok(shown.length > 0);
    for (const { place, expr } of shown)
      assert.ok(
        parseExpression(expr).selectors.every(({ metric }) => metric.endsWith('_bucket')),
        place,
      );
  });

  test('no two panels lie upon each other', () => {
    for (const [file, { panels: of }] of files) {
      assert.equal(new Set(of.map(({ id }) => id)).size, of.length, file);
      const taken = new Set<string>();
      for (const { title, gridPos } of of)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            assert.ok(x < 24 && !taken.has(`${x} ${y}`), `${file}: ${title}`);
            taken.add(`${x} ${y}`);
          }
    }
  });

  test('each metric is on a dashboard', () => {
    const shown = new Set(
      expressions.flatMap(({ expr }) => parseExpression(expr).selectors.map(({ metric }) => metric)),
    );
    for (const definition of Object.values(definitions)) {
      const name = prometheusName(definition);
      assert.ok(
        [name, `${name}_bucket`, `${name}_sum`, `${name}_count`].some((sample) => shown.has(sample)),
        `no panel shows ${name}`,
      );
    }
  });

  test('docs/operations.md names panels that there are', () => {
    const titles = [...panels.map(({ title }) => title), ...Object.values(dashboards).map(({ title }) => title)];
    const named = [...readFileSync('docs/operations.md', 'utf8').matchAll(/(?<!\*)\*([A-Z][^*]+)\*(?!\*)/g)]
      .map(([, name = '']) => name.replaceAll(/\s+/g, ' '))
      .filter((name) => !ofGrafana.has(name));
    assert.ok(named.length > 0);
    for (const name of named)
      assert.ok(
        titles.some((title) => title.startsWith(name)),
        `no panel ${name}`,
      );
  });

  test('Prometheus can read each expression', withPromtool, async () => {
    const rules = expressions.map(({ expr }, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll(/\$__\w+/g, '5m').replaceAll(/\$\w+/g, '.*'),
    }));
    const scratch = mkdtempSync(join(tmpdir(), 'weft-'));
    try {
      const file = join(scratch, 'panels.yaml');
      writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }, { lineWidth: 0 }));
      assert.match(await promtool('check', 'rules', file), new RegExp(`SUCCESS: ${rules.length} rules`));
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});
