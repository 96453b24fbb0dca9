import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest } from '../../../src/lib/closest.ts';

test('a slip of the keys finds the word that was meant', () => {
  const words = ['port', 'path', 'timeout', 'headers'];
  assert.equal(closest('prot', words), 'port'); // swapped
  assert.equal(closest('pot', words), 'port'); // left out
  assert.equal(closest('timeouts', words), 'timeout'); // one too many
  assert.equal(closest('haeders', words), 'headers');
  assert.equal(closest('TIMEOUT', words), 'timeout');
});

test('the nearest of several wins', () => {
  assert.equal(closest('orders', ['order', 'orders2', 'ordres', 'Orders']), 'Orders');
});

test('a word like none of the candidates finds none', () => {
  assert.equal(closest('gateway', ['port', 'path']), undefined);
  assert.equal(closest('ab', ['xy']), undefined);
  assert.equal(closest('anything', []), undefined);
});
