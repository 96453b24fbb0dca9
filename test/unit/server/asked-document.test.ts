import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDocumentId, readSha256 } from '../../../src/server/asked-document.ts';

describe('the id of a document', () => {
  test('is read from documentId, id, doc_id and the path', () => {
    for (const name of ['documentId', 'id', 'doc_id']) assert.equal(readDocumentId({ [name]: 'a' }), 'a', name);
    assert.equal(readDocumentId({}, 'a'), 'a');
  });

  test('is absent where it is missing, null or empty', () => {
    for (const fields of [{}, { id: null }, { documentId: '' }, { doc_id: undefined }]) {
      assert.equal(readDocumentId(fields), undefined);
    }
  });

  test('may be given twice, but not as two that differ: which one is run would be anybody’s guess', () => {
    assert.equal(readDocumentId({ documentId: 'a', id: 'a' }, 'a'), 'a');
    assert.equal(readDocumentId({ documentId: '', id: 'a' }), 'a');
    assert.throws(() => readDocumentId({ documentId: 'a', doc_id: 'b' }), {
      code: 'BAD_REQUEST',
      message: 'Expected one document id, but got: one in "documentId", another in "doc_id"',
    });
    assert.throws(() => readDocumentId({ id: 'b' }, 'a'), {
      code: 'BAD_REQUEST',
      message: 'Expected one document id, but got: one in the path, another in "id"',
    });
  });

  test('that is no text is refused', () => {
    assert.throws(() => readDocumentId({ id: 7 }), {
      code: 'BAD_REQUEST',
      message: 'Expected "id" to be a string, but got: number',
    });
  });
});

describe('the hash of an automatic persisted query', () => {
  const hash = 'ab12'.repeat(16);

  test('is read from extensions, and is lower case however it came', () => {
    assert.equal(readSha256({ persistedQuery: { version: 1, sha256Hash: hash } }), hash);
    assert.equal(readSha256({ persistedQuery: { version: 1, sha256Hash: hash.toUpperCase() } }), hash);
  });

  test('is absent without extensions, without persistedQuery and where that is null', () => {
    for (const extensions of [undefined, null, {}, { persistedQuery: null }, { other: 1 }]) {
      assert.equal(readSha256(extensions), undefined);
    }
  });

  const refused: readonly [persistedQuery: unknown, message: string][] = [
    ['x', 'Expected "extensions.persistedQuery" to be an object, but got: string'],
    [[], 'Expected "extensions.persistedQuery" to be an object, but got: array'],
    [{ sha256Hash: hash }, 'Expected "extensions.persistedQuery.version" to be 1, but got: nothing'],
    [{ version: 2, sha256Hash: hash }, 'Expected "extensions.persistedQuery.version" to be 1, but got: 2'],
    [{ version: '1', sha256Hash: hash }, 'Expected "extensions.persistedQuery.version" to be 1, but got: string'],
    [{ version: 1 }, 'Expected "extensions.persistedQuery.sha256Hash" to be a string, but got: nothing'],
    [
      { version: 1, sha256Hash: hash.slice(1) },
      'Expected "extensions.persistedQuery.sha256Hash" to be 64 hexadecimal digits, but got: 63 characters',
    ],
    [
      { version: 1, sha256Hash: `g${hash.slice(1)}` },
      'Expected "extensions.persistedQuery.sha256Hash" to be 64 hexadecimal digits, but got: 64 characters of which some are none',
    ],
  ];
  for (const [persistedQuery, message] of refused) {
    test(`is refused: ${message}`, () => {
      assert.throws(() => readSha256({ persistedQuery }), { code: 'BAD_REQUEST', message });
    });
  }
});
