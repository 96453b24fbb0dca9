import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createCatalog, problemsOf } from './catalog.ts';
import { parseExpression } from './promql.ts';
import { promtool, withPromtool } from './promtool.ts';
import { readRules, rulesFile } from './rules.ts';

const rules = readRules();
const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]));
const catalog = createCatalog(rules);
const testsFile = 'ops/prometheus/rules.test.yaml';
const page = readFileSync('docs/operations.md', 'utf8');
/** Anchors as GitHub makes them of headings. */
const anchors = new Set(
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  ),
);

describe('rules', () => {
  test('each asks for metrics, labels and values that there are', () => {
    const problems = rules.flatMap(({ record, alert, expr }) =>
      problemsOf(expr, catalog).map((problem) => `${record ?? alert}: ${problem}`),
    );
    assert.deepEqual(problems, []);
  });

  test('each alert says how urgent it is, what it means, and where its section is', () => {
    for (const { alert, labels = {}, annotations = {} } of alerts) {
      assert.match(alert, /^Weft[A-Z]\w+$/);
      assert.match(labels['severity'] ?? '', /^(?:page|ticket)$/, alert);
      assert.match(annotations['summary'] ?? '', /^\{\{ \$labels\.job \}\}.{10,}/, alert);
      assert.match(annotations['description'] ?? '', /.{20,}\.$/, alert);
      const [path, anchor = ''] = (annotations['runbook_url'] ?? '').split('#');
      assert.equal(path, 'docs/operations.md', alert);
      assert.equal(anchor, alert.toLowerCase());
      assert.ok(anchors.has(anchor), `docs/operations.md has no section ${alert}`);
    }
    assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
  });

  test('each section of an alert has its alert', () => {
    const sections = [...page.matchAll(/^#+ (Weft\w+)$/gm)].map(([, title = '']) => title);
    assert.deepEqual(sections.toSorted(), alerts.map(({ alert }) => alert).toSorted());
  });

  test('each alert names labels that it has', () => {
    for (const { alert, expr, annotations = {} } of alerts) {
      const { selectors, labels } = parseExpression(expr);
      const known = new Set([
        ...labels,
        ...selectors.flatMap(({ metric }) => [...(catalog.get(metric)?.keys() ?? [])]),
      ]);
      for (const text of Object.values(annotations))
        for (const [, label = ''] of text.matchAll(/\$labels\.(\w+)/g))
          assert.ok(known.has(label), `${alert}: no label ${label}`);
    }
  });

  test('each alert fires in a test of its own', () => {
    const tests = readFileSync(testsFile, 'utf8');
    for (const { alert } of alerts)
      assert.match(tests, new RegExp(`alertname="${alert}"(?:, alertstate="firing"\\}|\\}', value: \\d)`), alert);
  });

  test('Prometheus takes them', withPromtool, async () => {
    assert.match(await promtool('check', 'rules', rulesFile), new RegExp(`SUCCESS: ${rules.length} rules`));
  });

  test('burn rates and all other alerts fire when they should, and do not when not', withPromtool, async () => {
    assert.match(await promtool('test', 'rules', testsFile), /SUCCESS/);
  });
});
