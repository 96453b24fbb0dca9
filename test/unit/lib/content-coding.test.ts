import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { decodeContent } from '../../../src/lib/content-coding.ts';

const text = Buffer.from('{"a":1}'.repeat(100));
const codings: [string, Buffer][] = [
  ['gzip', gzipSync(text)],
  ['X-Gzip', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
  ['zstd', zstdCompressSync(text)],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
  ['identity', text],
];

describe('RFC 9110 8.4 content codings', () => {
  for (const [name, body] of codings) {
    test(`${name} is taken off`, async () => {
      assert.deepEqual(await decodeContent(body, name, 10_000), text);
    });
  }

  for (const [name, compress] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    test(`a ${name} body that would grow beyond the limit is a RangeError`, async () => {
      await assert.rejects(decodeContent(compress(Buffer.alloc(2_000_000)), name, 10_000), RangeError);
    });
  }

  test('an unknown coding, too many codings and a broken body are errors', async () => {
    await assert.rejects(
      decodeContent(text, 'compress', 10_000),
      /must be gzip, deflate, br or zstd, but got: compress/,
    );
    await assert.rejects(decodeContent(text, 'gzip,gzip,gzip,gzip', 10_000), /3 at most/);
    await assert.rejects(decodeContent(text, 'gzip', 10_000), /header check/);
    await assert.rejects(decodeContent(gzipSync(text).subarray(0, 20), 'gzip', 10_000), /unexpected end/);
  });

  test('an empty body needs no decoding', async () => {
    assert.equal((await decodeContent(Buffer.alloc(0), 'gzip', 10)).length, 0);
  });
});
