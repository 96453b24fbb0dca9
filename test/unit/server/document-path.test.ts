import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentIdOf, namesDocument, pathOf } from '../../../src/server/document-path.ts';

describe('a path that names a document', () => {
  const cases: readonly [path: string, graphqlPath: string, names: boolean][] = [
    ['/graphql/abc', '/graphql', true],
    ['/graphql/sha256%3Aabc', '/graphql', true],
    ['/graphql', '/graphql', false],
    ['/graphql/', '/graphql', false],
    ['/graphql/abc/', '/graphql', false],
    ['/graphql/a/b', '/graphql', false],
    ['/graphqlabc', '/graphql', false],
    ['/graphqlx/abc', '/graphql', false],
    ['/other/abc', '/graphql', false],
    ['/api/graphql/abc', '/api/graphql', true],
    ['/abc', '/', true],
    ['/', '/', false],
  ];
  for (const [path, graphqlPath, names] of cases) {
    test(`${names ? 'is' : 'is not'} ${path} where GraphQL is at ${graphqlPath}`, () => {
      assert.equal(namesDocument(path, graphqlPath), names);
    });
  }
});

describe('the id of a document in a request target', () => {
  test('is decoded, without the query', () => {
    assert.equal(documentIdOf('/graphql/sha256%3Aab%2Fc%20d?variables=1', '/graphql'), 'sha256:ab/c d');
    assert.equal(documentIdOf('http://host:80/graphql/abc', '/graphql'), 'abc');
    assert.equal(documentIdOf('/abc', '/'), 'abc');
  });

  test('is not there at the GraphQL path itself', () => {
    for (const target of ['/graphql', '/graphql/', '/graphql?id=abc', '/graphql?a=/graphql/x', '']) {
      assert.equal(documentIdOf(target, '/graphql'), undefined, target);
    }
  });

  test('that cannot be decoded is refused, and is not in the message', () => {
    for (const bad of ['%zz', '%ff', '%']) {
      assert.throws(() => documentIdOf(`/graphql/${bad}`, '/graphql'), {
        code: 'BAD_REQUEST',
        message: 'Expected the document id in the path to be percent-encoded UTF-8, but got something else.',
      });
    }
  });
});

test('the path of a request target is without query, and without the origin that a proxy is sent', () => {
  assert.equal(pathOf('/a/b?c=/d'), '/a/b');
  assert.equal(pathOf('HTTP://host/a?b'), '/a');
  assert.equal(pathOf('http://host'), '/');
});
