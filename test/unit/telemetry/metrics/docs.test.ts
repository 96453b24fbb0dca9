import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { familyName, labelName, prometheusName, prometheusUnit } from '../../../../src/telemetry/metrics/definition.ts';
import { definitions } from '../../../../src/telemetry/metrics/definitions.ts';

const all = Object.values(definitions);
const page = readFileSync('docs/metrics.md', 'utf8');

describe('docs/metrics.md', () => {
  test('its table has each metric with type, labels and meaning, and no other', () => {
    const rows = page.split('\n').filter((line) => /^\| `[a-z_0-9]+` \| (?:counter|gauge|histogram) \|/.test(line));
    const expected = all.map((definition) => {
      const { type, labels, help } = definition;
      const shown = type === 'updown' || type === 'info' ? 'gauge' : type;
      const names = labels.map((label) => `\`${labelName(label)}\`${label.values ? '' : '*'}`).join(', ');
      return `| \`${prometheusName(definition)}\` | ${shown} | ${names} | ${help} |`;
    });
    assert.deepEqual(rows, expected);
  });

  test('its queries ask for metrics and labels that exist', () => {
    const queries = [...page.matchAll(/```promql\n(.*?)```/gs)].map(([, query = '']) => query.replaceAll(/#.*$/gm, ''));
    assert.ok(queries.length > 0);
    const names = new Set(
      all.flatMap((definition) => {
        const name = prometheusName(definition);
        return definition.type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
      }),
    );
    const labels = new Set(['le', ...all.flatMap((definition) => definition.labels.map(labelName))]);
    for (const query of queries) {
      const [asked, grouped] = [
        query.matchAll(/\b((?:weft|http|nodejs|v8js|process)_\w+)(?=[{[ ])/g),
        query.matchAll(/by \((.*?)\)/g),
      ];
      const matched = query.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g);
      const used = [
        ...[...grouped].flatMap(([, list = '']) => list.split(', ')),
        ...[...matched].map(([, name = '']) => name),
      ];
      for (const [, name = ''] of asked) assert.ok(names.has(name) || labels.has(name), `no metric ${name}`);
      for (const name of used) assert.ok(labels.has(name), `no label ${name}`);
    }
  });
});

describe('names', () => {
  test('each metric has a name, a name in OpenTelemetry, and labels of its own', () => {
    assert.equal(new Set(all.map(prometheusName)).size, all.length);
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
    for (const { name, labels, help } of all) {
      assert.match(name, /^(?:http|weft|nodejs|v8js|process)\.[a-z0-9_.]+$/);
      assert.equal(new Set(labels.map(labelName)).size, labels.length);
      assert.match(help, /^[^|]+\.$/, `${name}: one sentence`);
    }
  });

  test('they are translated as OpenTelemetry says', () => {
    const named = (name: string, type: 'counter' | 'gauge' | 'histogram' | 'info', unit: string): readonly string[] => {
      const definition = { name, type, unit };
      return [prometheusName(definition), familyName(definition), prometheusUnit(definition)];
    };
    const duration = 'http_server_request_duration_seconds';
    assert.deepEqual(named('http.server.request.duration', 'histogram', 's'), [duration, duration, 'seconds']);
    assert.deepEqual(named('process.cpu.time', 'counter', 's'), [
      'process_cpu_time_seconds_total',
      'process_cpu_time_seconds',
      'seconds',
    ]);
    assert.deepEqual(named('weft.errors', 'counter', '{error}'), ['weft_errors_total', 'weft_errors', '']);
    assert.deepEqual(named('any.utilization', 'gauge', '1'), [
      'any_utilization_ratio',
      'any_utilization_ratio',
      'ratio',
    ]);
    assert.deepEqual(named('weft.build.info', 'info', ''), ['weft_build_info', 'weft_build', '']);
  });

  test('no two families of OpenMetrics can be taken for one another', () => {
    const reserved = all.flatMap((definition) => {
      const family = familyName(definition);
      const suffixes = {
        counter: ['_total', '_created'],
        histogram: ['_bucket', '_sum', '_count', '_created'],
        info: ['_info'],
      };
      const own = definition.type in suffixes ? suffixes[definition.type as keyof typeof suffixes] : [];
      return [family, ...own.map((suffix) => family + suffix)];
    });
    assert.equal(new Set(reserved).size, reserved.length);
  });
});
