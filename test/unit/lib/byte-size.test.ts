import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printByteSize, readByteSize } from '../../../src/lib/byte-size.ts';

test('binary and decimal units are read to bytes', () => {
  assert.deepEqual(
    ['100B', '512KiB', '1MB', '4MiB', '1.5KiB', '2kB', '2KB', '1GiB', '1GB'].map((text) => readByteSize(text)),
    [100, 524_288, 1_000_000, 4_194_304, 1536, 2000, 2000, 1_073_741_824, 1_000_000_000],
  );
});

test('a bare number, bits and unknown units are no sizes', () => {
  for (const text of ['5', '', '5 B', '-5B', '5Mb', '5M', '5mib']) assert.equal(readByteSize(text), undefined, text);
});

test('a printed size has the largest whole unit and reads back the same', () => {
  const sizes = [0, 1, 1024, 1500, 1_000_000, 1_048_576, 16_777_216, 1_073_741_824];
  const printed = sizes.map(printByteSize);
  assert.deepEqual(printed, ['0B', '1B', '1KiB', '1500B', '1MB', '1MiB', '16MiB', '1GiB']);
  assert.deepEqual(printed.map(readByteSize), sizes);
});
