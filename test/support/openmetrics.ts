import assert from 'node:assert/strict';

/**
 * A strict reader of Prometheus' text 0.0.4 and of OpenMetrics 1.0: it refuses whatever these do not allow and a lenient
 * reader would let pass.
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar: { readonly labels: Readonly<Record<string, string>>; readonly value: number } | undefined;
}

export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** '' for none. */
  readonly unit: string;
  readonly samples: readonly Sample[];
}

export type Format = 'prometheus' | 'openmetrics';

interface Reading {
  name: string;
  help: string | undefined;
  type: string | undefined;
  unit: string;
  readonly samples: Sample[];
}

/** @throws {AssertionError} for a text that breaks a rule; the message has the line. */
export function parseMetrics(text: string, format: Format): ReadonlyMap<string, ReadFamily> {
  assert.ok(text.endsWith('\n'), 'the last line must end');
  const lines = text.slice(0, -1).split('\n');
  if (format === 'openmetrics') assert.equal(lines.pop(), '# EOF', 'the last line must be # EOF');
  const families = new Map<string, Reading>();
  let current: Reading | undefined;
  for (const line of lines) {
    if (line.startsWith('#')) {
      const [, keyword = '', name = '', rest = ''] =
        /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line) ?? assert.fail(`no metadata: ${line}`);
      if (current?.name !== name) {
        assert.ok(!families.has(name), `${name} must stand together: ${line}`);
        current = { name, help: undefined, type: undefined, unit: '', samples: [] };
        families.set(name, current);
      }
      assert.equal(current.samples.length, 0, `metadata must come before samples: ${line}`);
      readMetadata(current, { keyword, rest, format });
      continue;
    }
    assert.ok(current, `a sample must have metadata: ${line}`);
    current.samples.push(readSample(line, format));
  }
  return new Map([...families].map(([name, family]) => [name, checked(family, format)]));
}

interface Metadata {
  readonly keyword: string;
  readonly rest: string;
  readonly format: Format;
}

function readMetadata(family: Reading, { keyword, rest, format }: Metadata): void {
  if (keyword === 'HELP') {
    assert.equal(family.help, undefined, `${family.name} has two HELP lines`);
    family.help = rest;
  } else if (keyword === 'TYPE') {
    assert.equal(family.type, undefined, `${family.name} has two TYPE lines`);
    const types = ['counter', 'gauge', 'histogram', ...(format === 'openmetrics' ? ['info'] : [])];
    assert.ok(types.includes(rest), `${family.name} has no type of the format: ${rest}`);
    family.type = rest;
  } else {
    assert.equal(format, 'openmetrics', 'UNIT is of OpenMetrics');
    assert.ok(family.name.endsWith(`_${rest}`), `${family.name} must end with its unit ${rest}`);
    family.unit = rest;
  }
}

function readSample(line: string, format: Format): Sample {
  const [, name = '', labels = '', value = '', rest = ''] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)(.*)$/.exec(line) ??
    assert.fail(`no sample: ${line}`);
  if (rest !== '') assert.equal(format, 'openmetrics', `only OpenMetrics has exemplars: ${line}`);
  return { name, labels: readLabels(labels, line), value: readNumber(value), exemplar: readExemplar(rest, line) };
}

function readExemplar(text: string, line: string): Sample['exemplar'] {
  if (text === '') return undefined;
  const [, labels = '', value = '', time = ''] =
    /^ # \{(.*)\} (\S+) (\S+)$/.exec(text) ?? assert.fail(`no exemplar: ${line}`);
  const read = readLabels(labels, line);
  const length = Object.entries(read).reduce((sum, [name, of]) => sum + name.length + of.length, 0);
  assert.ok(length <= 128, `labels of an exemplar have 128 characters at most: ${line}`);
  assert.ok(readNumber(time) > 1e9, `the time of an exemplar is in seconds since 1970: ${line}`);
  return { labels: read, value: readNumber(value) };
}

function readLabels(text: string, line: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [all, name = '', value = ''] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\n"])*)"(?:,(?=.)|$)/.exec(rest) ?? assert.fail(`no label: ${line}`);
    assert.ok(!Object.hasOwn(labels, name), `a label must be there once: ${line}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(all.length);
  }
  return labels;
}

function readNumber(text: string): number {
  if (text === '+Inf') return Infinity;
  assert.match(text, /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i, 'a value must be a number');
  return Number(text);
}

function checked({ name, help, type, unit, samples }: Reading, format: Format): ReadFamily {
  assert.ok(help !== undefined && help !== '', `${name} must have HELP`);
  assert.ok(type !== undefined, `${name} must have TYPE`);
  assert.ok(samples.length > 0, `${name} must have a sample`);
  const seen = new Set(samples.map(({ name: of, labels }) => `${of} ${keyOf(labels)}`));
  assert.equal(seen.size, samples.length, `${name} must have each label set once`);
  const allowed = namesOf(name, type, format);
  for (const sample of samples) {
    assert.ok(allowed.includes(sample.name), `${sample.name} is no sample of ${type} ${name}`);
    if (type === 'counter') assert.ok(sample.value >= 0, `${name} must not be negative`);
    if (type === 'info') assert.equal(sample.value, 1);
    if (sample.exemplar) assert.ok(sample.name === `${name}_bucket`, 'exemplars are of buckets');
  }
  if (type === 'histogram') checkHistogram(name, samples);
  return { name, help, type, unit, samples };
}

/** The same for equal labels, in whatever order. */
function keyOf(labels: Sample['labels']): string {
  const sorted = Object.keys(labels).toSorted((one, other) => (one < other ? -1 : 1));
  return JSON.stringify(sorted.map((name) => [name, labels[name]]));
}

function namesOf(name: string, type: string, format: Format): readonly string[] {
  if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
  if (format === 'openmetrics' && type === 'counter') return [`${name}_total`];
  return [type === 'info' ? `${name}_info` : name];
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const sets = Map.groupBy(samples, ({ labels }) => {
    const { le: _, ...others } = labels;
    return keyOf(others);
  });
  for (const [set, of] of sets) {
    const buckets = of.filter(({ name: sample }) => sample === `${name}_bucket`);
    let bound = -Infinity;
    let count = 0;
    for (const { labels, value, exemplar } of buckets) {
      assert.match(labels['le'] ?? '', /\.|e|Inf/, `${name}${set}: bounds are floats`);
      const next = readNumber(labels['le'] ?? '');
      assert.ok(next > bound, `${name}${set}: bounds must rise`);
      assert.ok(value >= count, `${name}${set}: buckets are cumulative`);
      if (exemplar)
        assert.ok(exemplar.value <= next && exemplar.value > bound, `${name}${set}: exemplar of its bucket`);
      [bound, count] = [next, value];
    }
    assert.equal(bound, Infinity, `${name}${set}: the last bucket is +Inf`);
    const [total] = of.filter(({ name: sample }) => sample === `${name}_count`);
    assert.equal(total?.value, count, `${name}${set}: the last bucket is the count`);
    assert.equal(of.length, buckets.length + 2, `${name}${set}: there are one sum and one count`);
  }
}
