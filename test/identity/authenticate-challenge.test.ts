import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError, type ErrorCode } from '../../src/errors.ts';
import { challengesOf, InsufficientScope } from '../../src/identity/challenge.ts';
import type { Provider } from '../../src/identity/types.ts';
import { tableProvider } from '../support/identity-inputs.ts';

function providersWith(...challenges: readonly (string | undefined)[]): readonly Provider[] {
  return challenges.map((challenge) => tableProvider({}, challenge === undefined ? {} : { challenge }));
}

const bearer = 'Bearer realm="weft"';
const basic = 'Basic realm="weft", charset="UTF-8"';

/** What a client is told by this error, where both schemes are offered. */
function told(error: GatewayError): readonly string[] {
  return challengesOf(error, providersWith(bearer, undefined, basic, bearer));
}

describe('RFC 6750 3 The WWW-Authenticate Response Header Field', () => {
  test('a request without credentials is told the schemes and no error, each scheme once', () => {
    assert.deepEqual(told(new GatewayError('CREDENTIALS_MISSING', 'none')), [bearer, basic]);
  });

  const tokenErrors: readonly ErrorCode[] = [
    'CREDENTIALS_MALFORMED',
    'CREDENTIALS_INVALID',
    'CREDENTIALS_UNKNOWN',
    'CREDENTIALS_EXPIRED',
    'CREDENTIALS_NOT_YET_VALID',
    'CREDENTIALS_WRONG_ISSUER',
    'CREDENTIALS_WRONG_AUDIENCE',
    'CREDENTIALS_REVOKED',
  ];
  for (const code of tokenErrors) {
    test(`${code} is an invalid token`, () => {
      assert.deepEqual(told(new GatewayError(code, 'The token is no good.')), [
        'Bearer realm="weft", error="invalid_token", error_description="The token is no good."',
        basic,
      ]);
    });
  }

  test('credentials that disagree are an invalid request, which Basic has no word for', () => {
    assert.deepEqual(told(new GatewayError('CREDENTIALS_CONFLICT', 'Two parties.')), [
      'Bearer realm="weft", error="invalid_request", error_description="Two parties."',
    ]);
  });

  test('a caller who lacks scopes is told which', () => {
    assert.deepEqual(told(new InsufficientScope('The caller lacks a scope.', ['orders:read', 'orders:write'])), [
      'Bearer realm="weft", error="insufficient_scope", error_description="The caller lacks a scope.", scope="orders:read orders:write"',
    ]);
  });

  test('a caller who lacks something else is told no scope', () => {
    for (const code of ['ACCESS_DENIED', 'UNAUTHORIZED_FIELD_OR_TYPE'] as const) {
      assert.deepEqual(told(new GatewayError(code, 'Not this.')), [
        'Bearer realm="weft", error="insufficient_scope", error_description="Not this."',
      ]);
    }
  });

  test('a scope that the field cannot hold is not written', () => {
    for (const scope of ['a"b', 'a\\b', 'a b', 'ä', 'a\r\nset-cookie: x']) {
      assert.deepEqual(told(new InsufficientScope('No.', ['fine', scope])), [
        'Bearer realm="weft", error="insufficient_scope", error_description="No."',
      ]);
    }
  });

  test('a description holds neither quotes nor backslashes nor anything but ASCII', () => {
    assert.deepEqual(told(new GatewayError('CREDENTIALS_INVALID', 'a "b" \\ c\r\nset-cookie: ä 😀')), [
      `Bearer realm="weft", error="invalid_token", error_description="a 'b' ? c??set-cookie: ? ??"`,
      basic,
    ]);
  });

  test('a challenge without a realm takes its first parameter without a comma', () => {
    assert.deepEqual(challengesOf(new GatewayError('CREDENTIALS_INVALID', 'No.'), providersWith('Bearer')), [
      'Bearer error="invalid_token", error_description="No."',
    ]);
  });
});

describe('RFC 9110 11.6.1 WWW-Authenticate', () => {
  test('a 401 has a challenge also where HTTP has no scheme for the credentials', () => {
    assert.deepEqual(challengesOf(new GatewayError('CREDENTIALS_MISSING', 'none'), providersWith(undefined)), [
      'ApiKey realm="weft"',
    ]);
    assert.deepEqual(challengesOf(new GatewayError('CREDENTIALS_UNKNOWN', 'none'), []), ['ApiKey realm="weft"']);
    assert.deepEqual(challengesOf(new GatewayError('ACCESS_DENIED', 'no'), providersWith(undefined)), []);
  });

  test('an error that is not about credentials has none', () => {
    const codes: readonly ErrorCode[] = [
      'IDENTITY_UNAVAILABLE',
      'ADDRESS_DENIED',
      'CROSS_SITE_REQUEST',
      'UNAUTHENTICATED',
      'FORBIDDEN',
      'BAD_REQUEST',
      'NOT_FOUND',
    ];
    for (const code of codes) assert.deepEqual(told(new GatewayError(code, 'x')), [], code);
  });
});
