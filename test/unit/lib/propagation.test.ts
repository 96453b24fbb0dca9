import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPropagation, isTraceField, type ReadTrace } from '../../../src/lib/propagation.ts';
import type { ReadableHeaders, TraceFormat } from '../../../src/lib/propagation-formats.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const shortId = '8448eb211c80319c';
const padded = `0000000000000000${shortId}`;
const spanId = 'b7ad6b7169203331';
const own = '00f067aa0ba902b7';
const zero = '0'.repeat(32);

type Found = Pick<ReadTrace, 'traceId' | 'parentId' | 'parentSampled'>;

function read(accept: TraceFormat, headers: ReadableHeaders): ReadTrace {
  return createPropagation({ accept: [accept] }).read(headers);
}

function checkAll(accept: TraceFormat, cases: readonly (readonly [headers: ReadableHeaders, found: Found])[]): void {
  for (const [headers, found] of cases) {
    const { traceId: id, parentId, parentSampled } = read(accept, headers);
    assert.deepEqual({ traceId: id, parentId, parentSampled }, found, JSON.stringify(headers));
  }
}

/** Headers of which nothing may be taken. */
function checkNone(accept: TraceFormat, all: readonly ReadableHeaders[]): void {
  for (const headers of all) {
    const { traceId: id, parentId, parentSampled, state } = read(accept, headers);
    assert.deepEqual([parentId, parentSampled, state], [undefined, undefined, ''], JSON.stringify(headers));
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.ok(id !== traceId && id !== padded, JSON.stringify(headers));
  }
}

function sent(send: readonly TraceFormat[], trace: Partial<ReadTrace>, isSampled: boolean | undefined) {
  const given = { traceId, spanId, parentId: undefined, parentSampled: undefined, state: '', isRandom: false };
  return createPropagation({ send }).fieldsOf({ ...given, baggage: '', ...trace }, own, isSampled);
}

describe('W3C Trace Context Level 2', () => {
  const traceparent = `00-${traceId}-${spanId}-01`;

  test('3.2: trace, parent and the sampled flag are read', () => {
    checkAll('w3c', [
      [{ traceparent }, { traceId, parentId: spanId, parentSampled: true }],
      [{ traceparent: `00-${traceId}-${spanId}-02` }, { traceId, parentId: spanId, parentSampled: false }],
    ]);
    checkNone('w3c', [{}, { traceparent: 'x' }, { traceparent: `00-${zero}-${spanId}-01` }]);
  });

  test('3.2.2.3: flags go on, other bits do not; a trace that begins here is random and not sampled', () => {
    assert.equal(read('w3c', { traceparent: `00-${traceId}-${spanId}-ff` }).isRandom, true);
    assert.equal(read('w3c', { traceparent }).isRandom, false);
    assert.equal(read('w3c', {}).isRandom, true);
    assert.deepEqual(sent(['w3c'], { isRandom: true }, true), { traceparent: `00-${traceId}-${own}-03` });
    assert.deepEqual(sent(['w3c'], {}, true), { traceparent: `00-${traceId}-${own}-01` });
    assert.deepEqual(sent(['w3c'], { isRandom: true }, undefined), { traceparent: `00-${traceId}-${own}-02` });
    assert.deepEqual(sent(['w3c'], {}, false), { traceparent: `00-${traceId}-${own}-00` });
  });

  test('3.3: tracestate goes on with its trace alone', () => {
    assert.equal(read('w3c', { traceparent, tracestate: 'a=1' }).state, 'a=1');
    for (const headers of [{ tracestate: 'a=1' }, { traceparent: 'wrong', tracestate: 'a=1' }]) {
      assert.equal(read('w3c', headers).state, '');
    }
    assert.equal(read('b3', { b3: `${traceId}-${spanId}`, tracestate: 'a=1' }).state, '');
    assert.deepEqual(sent(['w3c'], { state: 'a=1' }, false), {
      traceparent: `00-${traceId}-${own}-00`,
      tracestate: 'a=1',
    });
    assert.equal(sent(['b3', 'b3-multi', 'jaeger'], { state: 'a=1' }, true)['tracestate'], undefined);
  });

  test('RFC 9110, 7.6.1: what connection nominates does not go on', () => {
    const nominated = { traceparent, tracestate: 'a=1', connection: 'keep-alive, TraceState' };
    assert.equal(read('w3c', nominated).state, '');
    assert.equal(read('w3c', { ...nominated, connection: 'keep-alive' }).state, 'a=1');
  });
});

describe('B3 Propagation', () => {
  test('Single Header: ids and state are read, 64-bit trace ids with zeros before them', () => {
    const found = { traceId, parentId: spanId };
    checkAll('b3', [
      [{ b3: `${traceId}-${spanId}-1` }, { ...found, parentSampled: true }],
      [{ b3: `${traceId}-${spanId}-d` }, { ...found, parentSampled: true }],
      [{ b3: `${traceId}-${spanId}-0` }, { ...found, parentSampled: false }],
      [{ b3: `${traceId}-${spanId}` }, { ...found, parentSampled: undefined }],
      [{ b3: ` ${traceId}-${spanId}-1-${own} ` }, { ...found, parentSampled: true }],
      [{ b3: `${shortId}-${spanId}-1` }, { traceId: padded, parentId: spanId, parentSampled: true }],
    ]);
  });

  test('Single Header: one that says nothing but whether to sample begins a trace that keeps to it', () => {
    for (const [b3, parentSampled] of [
      ['0', false],
      ['1', true],
      ['d', true],
    ] as const) {
      const trace = read('b3', { b3 });
      assert.deepEqual([trace.parentId, trace.parentSampled, trace.isRandom], [undefined, parentSampled, true]);
      assert.match(trace.traceId, /^[0-9a-f]{32}$/);
    }
  });

  test('Single Header: one that is not valid is as none', () => {
    checkNone('b3', [
      {},
      ...['', '2', 'x', traceId, `${traceId}-${spanId}-2`, `${traceId}-${spanId}-1-x`, `${traceId}-${spanId}-`].map(
        (b3) => ({ b3 }),
      ),
      { b3: `${traceId.toUpperCase()}-${spanId}-1` },
      { b3: `${zero}-${spanId}-1` },
      { b3: `${traceId}-${'0'.repeat(16)}-1` },
      { b3: `${traceId.slice(1)}-${spanId}-1` },
      { b3: [`${traceId}-${spanId}-1`] },
      { b3: `${traceId}-${spanId}-1, ${traceId}-${spanId}-1` },
    ]);
  });

  test('Multiple Headers: ids and decision are read in each spelling', () => {
    const ids = { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-parentspanid': own };
    const found = { traceId, parentId: spanId };
    checkAll('b3-multi', [
      [ids, { ...found, parentSampled: undefined }],
      ...['1', 'true', 'True', 'd'].map(
        (state) =>
          [
            { ...ids, 'x-b3-sampled': state },
            { ...found, parentSampled: true },
          ] as const,
      ),
      ...['0', 'false'].map(
        (state) =>
          [
            { ...ids, 'x-b3-sampled': state },
            { ...found, parentSampled: false },
          ] as const,
      ),
      [
        { ...ids, 'x-b3-flags': '1' },
        { ...found, parentSampled: true },
      ],
      [
        { ...ids, 'x-b3-flags': '0' },
        { ...found, parentSampled: undefined },
      ],
      [
        { ...ids, 'x-b3-traceid': shortId },
        { traceId: padded, parentId: spanId, parentSampled: undefined },
      ],
    ]);
    const decided = read('b3-multi', { 'x-b3-sampled': '0' });
    assert.deepEqual([decided.parentId, decided.parentSampled], [undefined, false]);
  });

  test('Multiple Headers: half of them, or ids that are none, are as none', () => {
    checkNone('b3-multi', [
      {},
      { 'x-b3-traceid': traceId },
      { 'x-b3-spanid': spanId },
      { 'x-b3-traceid': zero, 'x-b3-spanid': spanId },
      { 'x-b3-traceid': 'x', 'x-b3-spanid': spanId },
      { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId.slice(1) },
      { 'x-b3-sampled': 'perhaps' },
    ]);
    assert.equal(read('b3-multi', { 'x-b3-traceid': traceId, 'x-b3-sampled': '1' }).parentId, undefined);
  });

  test('both are written, and leave open what was left open', () => {
    const ids = { 'x-b3-traceid': traceId, 'x-b3-spanid': own };
    assert.deepEqual(sent(['b3'], {}, true), { b3: `${traceId}-${own}-1` });
    assert.deepEqual(sent(['b3'], {}, false), { b3: `${traceId}-${own}-0` });
    assert.deepEqual(sent(['b3'], {}, undefined), { b3: `${traceId}-${own}` });
    assert.deepEqual(sent(['b3-multi'], {}, true), { ...ids, 'x-b3-sampled': '1' });
    assert.deepEqual(sent(['b3-multi'], {}, false), { ...ids, 'x-b3-sampled': '0' });
    assert.deepEqual(sent(['b3-multi'], {}, undefined), ids);
  });
});

describe('Jaeger, Propagation Format', () => {
  test('ids of any length are read with zeros before them, and flags by their bits', () => {
    const found = { traceId, parentId: spanId };
    checkAll('jaeger', [
      [{ 'uber-trace-id': `${traceId}:${spanId}:0:1` }, { ...found, parentSampled: true }],
      [{ 'uber-trace-id': `${traceId}:${spanId}:${own}:0` }, { ...found, parentSampled: false }],
      [{ 'uber-trace-id': `${traceId}:${spanId}:0:3` }, { ...found, parentSampled: true }],
      [{ 'uber-trace-id': `${traceId}:${spanId}:0:2` }, { ...found, parentSampled: true }],
      [{ 'uber-trace-id': `${traceId}:${spanId}:0:08` }, { ...found, parentSampled: false }],
      [{ 'uber-trace-id': `${traceId}%3A${spanId}%3a0%3A1` }, { ...found, parentSampled: true }],
      [{ 'uber-trace-id': `${traceId.toUpperCase()}:${spanId}:0:1` }, { ...found, parentSampled: true }],
      [
        { 'uber-trace-id': `${shortId}:1f:0:1` },
        { traceId: padded, parentId: '000000000000001f', parentSampled: true },
      ],
    ]);
  });

  test('one that is not valid is as none', () => {
    checkNone('jaeger', [
      {},
      ...['', 'x', `${traceId}:${spanId}`, `${traceId}:${spanId}:0:`, `0:${spanId}:0:1`, `${traceId}:0:0:1`].map(
        (text) => ({ 'uber-trace-id': text }),
      ),
      { 'uber-trace-id': `${traceId}0:${spanId}:0:1` },
      { 'uber-trace-id': `${traceId}:${spanId}:0:1, x` },
      { 'uber-trace-id': '%' },
    ]);
  });

  test('it is written without a parent', () => {
    assert.deepEqual(sent(['jaeger'], {}, true), { 'uber-trace-id': `${traceId}:${own}:0:1` });
    assert.deepEqual(sent(['jaeger'], {}, undefined), { 'uber-trace-id': `${traceId}:${own}:0:0` });
  });
});

describe('several formats', () => {
  const ofOther = { 'uber-trace-id': `${padded}:${spanId}:0:1` };

  test('the first in order that is valid counts, and one that is not accepted is not read', () => {
    const all: ReadableHeaders = { traceparent: `00-${traceId}-${spanId}-00`, ...ofOther };
    const read2 = (accept: readonly TraceFormat[], headers: ReadableHeaders): string =>
      createPropagation({ accept }).read(headers).traceId;
    assert.equal(read2(['w3c', 'jaeger'], all), traceId);
    assert.equal(read2(['jaeger', 'w3c'], all), padded);
    assert.equal(read2(['w3c', 'jaeger'], { ...all, traceparent: 'wrong' }), padded);
    assert.notEqual(createPropagation().read(ofOther).traceId, padded);
  });

  test('a trace read in one is written in all that are sent', () => {
    const both = createPropagation({ accept: ['b3'], send: ['w3c', 'b3-multi', 'jaeger'] });
    const fields = both.fieldsOf(both.read({ b3: `${shortId}-${spanId}-1` }), own, true);
    assert.deepEqual(fields, {
      traceparent: `00-${padded}-${own}-01`,
      'x-b3-traceid': padded,
      'x-b3-spanid': own,
      'x-b3-sampled': '1',
      'uber-trace-id': `${padded}:${own}:0:1`,
    });
  });

  test('by default it is W3C, in and out', () => {
    const plain = createPropagation();
    const trace = plain.read({ traceparent: `00-${traceId}-${spanId}-01` });
    assert.deepEqual(plain.fieldsOf(trace, own, trace.parentSampled), { traceparent: `00-${traceId}-${own}-01` });
  });

  test('each request has a span of its own', () => {
    const plain = createPropagation();
    const ids = Array.from({ length: 100 }, () => plain.read({}).spanId);
    assert.equal(new Set(ids).size, 100);
  });

  test('every header that any of them writes is known as one of a trace', () => {
    const everything = createPropagation({ send: ['w3c', 'b3', 'b3-multi', 'jaeger'], baggage: ['a'] });
    const trace = everything.read({ traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'a=1', baggage: 'a=1' });
    const names = Object.keys(everything.fieldsOf(trace, own, true));
    assert.equal(names.length, 8);
    for (const name of names) assert.ok(isTraceField(name), name);
    for (const name of ['x-b3-parentspanid', 'x-b3-flags', 'uberctx-tenant']) assert.ok(isTraceField(name), name);
    for (const name of ['accept', 'x-b3', 'traceparent2']) assert.ok(!isTraceField(name), name);
  });
});

describe('baggage', () => {
  const passing = createPropagation({ baggage: ['tenant'] });
  const fieldOf = (propagation: typeof passing, headers: ReadableHeaders): string | undefined =>
    propagation.fieldsOf(propagation.read(headers), own, false)['baggage'];

  test('what is allowed goes on, whatever the format of the trace', () => {
    assert.equal(fieldOf(passing, { baggage: 'tenant=a,user=marker' }), 'tenant=a');
    assert.equal(fieldOf(passing, { baggage: 'user=marker' }), undefined);
    assert.equal(fieldOf(createPropagation(), { baggage: 'tenant=a' }), undefined);
  });

  test('RFC 9110, 7.6.1: not where connection nominates it', () => {
    assert.equal(fieldOf(passing, { baggage: 'tenant=a', connection: 'baggage' }), undefined);
  });
});
