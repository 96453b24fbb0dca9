import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readAcceptedCodings } from '../../../src/server/accepted-coding.ts';

/** By the text of the header: the coding of a body that is worth it, and of one that is not. */
const cases: readonly (readonly [title: string, field: string | undefined, large: string, small: string])[] = [
  ['no field takes the body as it is', undefined, 'identity', 'identity'],
  ['an empty field takes the body as it is', '', 'identity', 'identity'],
  ['of equals the smallest is chosen, whatever their order', 'gzip, zstd, br', 'br', 'identity'],
  ['what the server likes second comes where the first is not taken', 'gzip, zstd', 'zstd', 'identity'],
  ['a higher weight counts before what the server likes', 'br;q=0.5, gzip;q=0.9, zstd;q=0.899', 'gzip', 'identity'],
  ['weight 0 refuses', 'br;q=0, gzip', 'gzip', 'identity'],
  ['weight 0.000 refuses', 'br;q=0.000', 'identity', 'identity'],
  ['* stands for all that is not named', 'br;q=0, *', 'zstd', 'identity'],
  ['* of weight 0 refuses all that is not named', 'gzip, *;q=0', 'gzip', 'gzip'],
  ['identity that is named is liked less than a coding of the same weight', 'identity, gzip', 'gzip', 'identity'],
  ['identity of a higher weight is liked best', 'gzip;q=0.5, identity', 'identity', 'identity'],
  ['identity;q=0 has a small body coded too', 'gzip, identity;q=0', 'gzip', 'gzip'],
  ['a named identity stands against *;q=0', 'identity;q=0.1, *;q=0', 'identity', 'identity'],
  ['where nothing is taken the body goes as it is', '*;q=0', 'identity', 'identity'],
  ['codings that the server has not do not count', 'compress, deflate', 'identity', 'identity'],
  ['names are read in any case, x-gzip is gzip', 'X-GZip', 'gzip', 'identity'],
  ['space may stand where the grammar has it', ' br ; q=0.2 ,\tgzip\t;q=0.3', 'gzip', 'identity'],
  ['a weight that is none leaves its member out', 'br;q=2, zstd;q=-1, gzip;q=0.1', 'gzip', 'identity'],
  ['a weight of four digits is none', 'br;q=0.1234', 'identity', 'identity'],
  ['text that is no list names nothing', ';;;=,,"br",\u00ff', 'identity', 'identity'],
];

describe('RFC 9110 12.5.3 Accept-Encoding', () => {
  for (const [title, field, large, small] of cases) {
    test(title, () => {
      // Twice: what was read before is kept.
      for (let time = 0; time < 2; time += 1) {
        const accepted = readAcceptedCodings(field);
        assert.deepEqual({ large: accepted.large, small: accepted.small }, { large, small });
      }
    });
  }

  test('all that a client takes is told, the body as it is among it unless refused', () => {
    const taken = (field: string) => [...readAcceptedCodings(field).all].toSorted();
    assert.deepEqual(taken('br, gzip;q=0.1'), ['br', 'gzip', 'identity']);
    assert.deepEqual(taken('*, identity;q=0, br;q=0'), ['gzip', 'zstd']);
    assert.deepEqual(taken('*;q=0'), []);
  });

  test('thousands of different fields are each read for themselves', () => {
    for (let index = 0; index < 3000; index += 1) {
      const [field, large] = index % 2 === 0 ? [`x${index}, gzip`, 'gzip'] : [`x${index}, br`, 'br'];
      assert.equal(readAcceptedCodings(field).large, large);
    }
    assert.equal(readAcceptedCodings('x1, gzip;q=0').large, 'identity');
  });
});
