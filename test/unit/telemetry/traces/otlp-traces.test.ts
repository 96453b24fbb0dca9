import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTraceState, type Attributes, type HrTime, type Link, type SpanContext } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';
import { ProtobufWriter } from '../../../../src/lib/protobuf-writer.ts';
import { AttributesWriter } from '../../../../src/telemetry/traces/otlp-attributes.ts';
import { TracesEncoder } from '../../../../src/telemetry/traces/otlp-traces.ts';
import { seededRandom, type Random } from '../../../../upstreams/demo/random.ts';

interface Origin {
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
}

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const plain: ReadableSpan = {
  name: 'POST /graphql',
  kind: 1,
  spanContext: () => ({ traceId, spanId: '00f067aa0ba902b7', traceFlags: 1 }),
  startTime: [1_790_000_000, 123_456_789],
  endTime: [1_790_000_000, 223_456_789],
  duration: [0, 100_000_000],
  status: { code: 0 },
  attributes: {},
  links: [],
  events: [],
  ended: true,
  resource: resourceFromAttributes({}),
  instrumentationScope: { name: 'weft' },
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
};

/** The reference: OpenTelemetry's own serializer. */
function expected(spans: readonly ReadableSpan[]): string {
  return Buffer.from(ProtobufTraceSerializer.serializeRequest([...spans]) ?? []).toString('hex');
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function assertSame(spans: readonly ReadableSpan[], what: string, encoder = new TracesEncoder()): void {
  // Not strictEqual, which would print both.
  assert.ok(hexOf(encoder.encode(spans)) === expected(spans), `${what} is encoded differently`);
}

const alphabets = ['abcdefghij./{}_', 'äöüßéñ', '漢字仮名', '😀🚀', '\ud800x\udc00'];
const lengths = [0, 1, 1, 5, 12, 12, 20, 36, 63, 64, 65, 126, 127, 128, 129, 300, 16_383, 16_384];

class SpanMaker {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  spans(): ReadableSpan[] {
    const origins = this.#some(3, () => this.#origin());
    const shared = this.#random.pick([plain, ...origins]).resource;
    const all: Origin[] = [plain, ...origins, { resource: shared, instrumentationScope: { name: 'other' } }];
    return this.#some(20, () => this.#span(this.#random.pick(all)));
  }

  #span(origin: Origin): ReadableSpan {
    const random = this.#random;
    const context = this.#context();
    const span: ReadableSpan = {
      ...plain,
      name: this.#text(),
      kind: random.between(0, 4),
      spanContext: () => context,
      startTime: this.#time(),
      endTime: this.#time(),
      status: random.chance(50) ? { code: random.between(0, 2) } : { code: 2, message: this.#text() },
      attributes: this.#attributes(),
      links: this.#some(2, () => this.#link()),
      events: this.#some(2, () => this.#event()),
      resource: origin.resource,
      instrumentationScope: origin.instrumentationScope,
      droppedAttributesCount: random.pick([0, 0, 3, 200]),
      droppedEventsCount: random.pick([0, 127, 128]),
      droppedLinksCount: random.pick([0, 2 ** 31, 2 ** 32 - 1]),
    };
    return random.chance(60) ? { ...span, parentSpanContext: this.#context() } : span;
  }

  #origin(): Origin {
    const resource = resourceFromAttributes(this.#attributes(), this.#random.chance(50) ? { schemaUrl: 'r' } : {});
    const scope: InstrumentationScope = { name: this.#text() };
    if (this.#random.chance(40)) return { resource, instrumentationScope: scope };
    return { resource, instrumentationScope: { ...scope, version: this.#text(), schemaUrl: this.#text() } };
  }

  #context(): SpanContext {
    const { between, chance, pick } = this.#random;
    const context: SpanContext = { traceId: this.#hex(32), spanId: this.#hex(16), traceFlags: between(0, 255) };
    if (chance(30)) context.traceState = createTraceState(pick(['', 'vendor=abc', 'a=1,b=2,c=3']));
    if (chance(50)) context.isRemote = chance(50);
    return context;
  }

  #link(): Link {
    const link: Link = { context: this.#context() };
    if (this.#random.chance(50)) link.attributes = this.#attributes();
    if (this.#random.chance(50)) link.droppedAttributesCount = this.#random.between(0, 300);
    return link;
  }

  #event(): TimedEvent {
    const event: TimedEvent = { time: this.#time(), name: this.#text() };
    if (this.#random.chance(50)) event.attributes = this.#attributes();
    if (this.#random.chance(50)) event.droppedAttributesCount = this.#random.between(0, 300);
    return event;
  }

  #attributes(): Attributes {
    return Object.fromEntries(
      this.#some(8, () => [
        this.#random.chance(70) ? this.#random.pick(['k', 'a.b', 'ключ']) : this.#text(),
        this.#value(),
      ]),
    );
  }

  #value(depth = 2): unknown {
    const { between, pick } = this.#random;
    const kind = between(0, depth > 0 ? 9 : 7);
    if (kind < 3) return this.#text();
    if (kind === 3) return pick([true, false, null, undefined]);
    if (kind === 4) return between(0, 2 ** 20);
    if (kind === 5) return -between(0, 2 ** 20) * 2 ** between(0, 43);
    if (kind === 6) return pick([0.1, -1.5, 1e300, 5e-324, NaN, -Infinity, -0]) * between(1, 3);
    if (kind === 7) return new Uint8Array(between(0, 200)).fill(between(0, 255));
    if (kind === 8) return this.#some(4, () => this.#value(depth - 1));
    return Object.fromEntries(this.#some(4, () => [this.#text(), this.#value(depth - 1)]));
  }

  #time(): HrTime {
    const { between, pick } = this.#random;
    return [pick([0, 65_535, 65_536, 1_790_000_000, 4_294_967_295]) + between(0, 99), between(0, 999_999_999)];
  }

  #text(): string {
    const { between, chance, pick } = this.#random;
    const length = pick(chance(98) ? lengths.slice(0, -2) : lengths);
    const letters = chance(80) ? 'abcdefghij./{}_' : pick(alphabets);
    const text = letters.repeat(Math.ceil(length / letters.length)).slice(0, length);
    return chance(5) ? `${text}${pick(alphabets)}` : text.slice(between(0, 1));
  }

  #hex(length: number): string {
    const digits = Array.from({ length }, () => this.#random.between(0, 15).toString(16)).join('');
    return this.#random.chance(90) ? digits : digits.toUpperCase();
  }

  #some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.#random.between(0, most) }, make);
  }
}

function withValue(value: unknown): ReadableSpan[] {
  return [{ ...plain, attributes: { key: value } }];
}

describe('byte for byte what the serializer of OpenTelemetry writes', () => {
  test('of random spans, one export after the other', () => {
    const encoder = new TracesEncoder();
    for (let seed = 0; seed < 400; seed++) assertSame(new SpanMaker(seed).spans(), `seed ${seed}`, encoder);
  });

  test('of nothing', () => assertSame([], 'nothing'));

  test('of numbers where their form changes', () => {
    const edges = [0, -0, 0.5, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 35, 2 ** 53, 2 ** 63];
    const near = edges.flatMap((edge) => [edge - 1, edge, edge + 1, edge * 1.5]);
    for (const value of [...near, ...near.map((each) => -each), -(2 ** 63) - 2048, NaN, Infinity])
      assertSame(withValue(value), String(value));
  });

  test('of texts of every length around those where the length takes one more byte', () => {
    for (const letter of ['a', 'é', '漢', '😀'])
      for (const bytes of [64, 128, 16_384])
        for (
          let length = Math.floor(bytes / 4) - 40;
          length <= bytes + 2;
          length += bytes > 128 && length % 64 < 62 ? 31 : 1
        )
          if (length >= 0) assertSame(withValue(letter.repeat(length)), `${length} of ${letter}`);
  });

  test('of times at every whole power of two of their nanoseconds', () => {
    for (let bit = 0; bit < 64; bit++)
      for (const shift of [-1n, 0n, 1n]) {
        const at = 2n ** BigInt(bit) + shift;
        const startTime: HrTime = [Number(at / 1_000_000_000n), Number(at % 1_000_000_000n)];
        assertSame([{ ...plain, startTime }], String(at));
      }
  });

  test('of exports from a few bytes to several megabytes', () => {
    const encoder = new TracesEncoder();
    const made = Array.from({ length: 40 }, (_, seed) => new SpanMaker(seed).spans()).flat();
    for (const count of [0, 1, 10, 100, 20_000, 5]) {
      const spans = Array.from({ length: count }, (_, index) => made[index % made.length] ?? plain);
      assertSame(spans, `an export of ${count} spans`, encoder);
    }
  });

  test('of attributes that an object has by itself, not of those that it inherits', () => {
    const attributes = Object.assign(Object.create({ inherited: 1 }) as Attributes, { own: 1 });
    assertSame([{ ...plain, attributes }], 'an object with a prototype');
  });
});

test('what was handed out stays as it is when the next export is encoded', () => {
  const encoder = new TracesEncoder();
  const first = encoder.encode([plain]);
  encoder.encode([{ ...plain, name: 'another one' }]);
  assert.ok(hexOf(first) === expected([plain]));
});

test('an export that fails halfway leaves nothing in the next one', () => {
  const encoder = new TracesEncoder();
  const broken: ReadableSpan = {
    ...plain,
    spanContext: () => {
      throw new Error('broken');
    },
  };
  assert.throws(() => encoder.encode([plain, broken]), /broken/);
  assertSame([plain], 'the next export', encoder);
});

test('keys are kept up to a bound, and written all the same beyond it', () => {
  const writer = new ProtobufWriter();
  const attributes = new AttributesWriter(writer);
  for (let round = 0; round < 2; round++)
    for (let index = 0; index < 2000; index++) {
      attributes.write(1, { [`key-${index}`]: index % 100 });
      const key = Buffer.from(`key-${index}`).toString('hex');
      const length = (value: number): string => value.toString(16).padStart(2, '0');
      const field = `0a${length(key.length / 2)}${key}120218${length(index % 100)}`;
      assert.equal(hexOf(writer.finish()), `0a${length(field.length / 2)}${field}`);
    }
  assert.equal(attributes.size, 500);
});
