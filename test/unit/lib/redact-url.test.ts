import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactUrl } from '../../../src/lib/redact-url.ts';

test('a URL loses its user and password, and nothing else', () => {
  assert.equal(redactUrl('http://user:pass@host:81/path'), 'http://***@host:81/path');
  assert.equal(redactUrl('http://host:81/path'), 'http://host:81/path');
});

test('a password that is not encoded is hidden whole, though the text is no URL then', () => {
  assert.equal(redactUrl('http://user:pa/ss@wo\nrd@host'), 'http://***@host');
});
