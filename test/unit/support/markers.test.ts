import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Markers } from '../../support/markers.ts';

test('a marker is found as it is, in URLs, JSON, base64 and hexadecimal, wherever it stands', () => {
  const markers = new Markers();
  const marker = markers.plant('a header');
  const forms: readonly string[] = [
    marker,
    marker.toUpperCase(),
    encodeURIComponent(`ü ${marker}/`),
    JSON.stringify({ a: `"${marker}"` }),
    Buffer.from(marker).toString('hex'),
    ...['', 'a', 'ab', 'abc'].flatMap((before) =>
      ['', 'x', 'xy'].flatMap((after) =>
        (['base64', 'base64url'] as const).map((encoding) => Buffer.from(before + marker + after).toString(encoding)),
      ),
    ),
  ];
  for (const form of forms) {
    const [leak, ...others] = markers.leaksIn(Buffer.from(`before ${form} after`));
    assert.match(leak ?? '', /^a header: /, form);
    assert.deepEqual(others, []);
  }
});

test('what was not planted is not found', () => {
  const markers = new Markers();
  markers.plantText('an address', '203.0.113.7');
  const [first] = [markers.plant('a')];
  assert.deepEqual(markers.leaksIn(`zq 203.0.113.8 ${first?.slice(0, -1)}`), []);
  assert.deepEqual(markers.leaksIn('from 203.0.113.7').length, 1);
});
