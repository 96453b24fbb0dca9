import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCors } from '../../../src/policies/cors.ts';
import { checkCrossSite, type CrossSiteOptions } from '../../../src/policies/csrf.ts';

const policy = { methods: ['POST'], headers: undefined, exposedHeaders: [], maxAgeSeconds: 0 };
const cors = createCors({
  policies: [
    { ...policy, origins: ['https://app.example'], credentials: true },
    { ...policy, origins: ['https://public.example'], credentials: false },
  ],
});
const here = { host: 'shop.example', protocol: 'https', isFromTrustedProxy: false } as const;

/** Whether a request with these fields passes. */
function passes(
  headers: Readonly<Record<string, string>>,
  method = 'POST',
  changes: { readonly client?: Partial<CrossSiteOptions['client']>; readonly cors?: CrossSiteOptions['cors'] } = {},
): boolean {
  const options = { client: { ...here, ...changes.client }, cors: 'cors' in changes ? changes.cors : cors };
  try {
    checkCrossSite({ method, headers, socket: {} }, options);
    return true;
  } catch (error) {
    assert.equal((error as { code: string }).code, 'CROSS_SITE_REQUEST');
    return false;
  }
}

describe('a browser that tells where a request is from', () => {
  const link = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  const frame = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' };
  const fetched = { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'document' };
  const image = { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
  const script = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };

  const table = [
    ['same-origin', 'POST', script, true],
    ['same-origin', 'GET', image, true],
    ['none', 'GET', link, true],
    ['none', 'POST', link, true],
    ['same-site', 'POST', script, false],
    ['same-site', 'GET', image, false],
    ['same-site', 'GET', link, true],
    ['cross-site', 'POST', script, false],
    ['cross-site', 'POST', link, false],
    ['cross-site', 'DELETE', script, false],
    ['cross-site', 'GET', link, true],
    ['cross-site', 'HEAD', link, true],
    ['cross-site', 'GET', frame, false],
    ['cross-site', 'GET', image, false],
    ['cross-site', 'GET', fetched, false],
    ['cross-site', 'GET', script, false],
    ['cross-site', 'OPTIONS', script, true],
    ['same-origin, cross-site', 'POST', script, false],
    ['', 'POST', script, false],
    ['anything', 'POST', script, false],
  ] as const;
  for (const [site, method, rest, expected] of table) {
    const how = `${method} ${rest['sec-fetch-mode']} ${rest['sec-fetch-dest']}`;
    test(`"${site}", ${how}: ${expected ? 'passes' : 'is refused'}`, () => {
      assert.equal(passes({ 'sec-fetch-site': site, ...rest }, method), expected);
      assert.equal(passes({ 'sec-fetch-site': site, ...rest, origin: 'https://evil.example' }, method), expected);
    });
  }

  test('passes from an origin that CORS allows, and from no other', () => {
    for (const [origin, expected] of [
      ['https://app.example', true],
      ['https://evil.example', false],
      ['null', false],
      ['https://shop.example', false],
    ] as const) {
      assert.equal(passes({ 'sec-fetch-site': 'cross-site', ...script, origin }), expected, origin);
    }
    const request = { 'sec-fetch-site': 'cross-site', ...script, origin: 'https://app.example' };
    assert.equal(passes(request, 'POST', { cors: undefined }), false);
  });
});

describe('a browser that tells its origin alone', () => {
  test("passes from the request's own origin", () => {
    assert.equal(passes({ origin: 'https://shop.example' }), true);
    assert.equal(passes({ origin: 'https://shop.example' }, 'POST', { client: { host: 'SHOP.example:443' } }), true);
    const plain = { host: 'shop.example:8080', protocol: 'http' } as const;
    assert.equal(passes({ origin: 'http://shop.example:8080' }, 'POST', { client: plain }), true);
  });

  test('is refused from every other origin', () => {
    const others = [
      'https://evil.example',
      'https://shop.example.evil.example',
      'https://shop.example:8443',
      'http://shop.example',
      'null',
      '',
      'nonsense',
    ];
    for (const origin of others) assert.equal(passes({ origin }), false, origin);
    assert.equal(passes({ origin: 'https://shop.example' }, 'POST', { client: { host: undefined } }), false);
  });

  test('is refused by GET too, and passes by OPTIONS', () => {
    assert.equal(passes({ origin: 'https://evil.example' }, 'GET'), false);
    assert.equal(passes({ origin: 'https://evil.example' }, 'OPTIONS'), true);
  });

  test('passes from the page of a proxy that ends TLS and is not known as one', () => {
    const plain = { client: { protocol: 'http' } } as const;
    assert.equal(passes({ origin: 'https://shop.example' }, 'POST', plain), true);
    assert.equal(passes({ origin: 'https://evil.example' }, 'POST', plain), false);
  });

  test('is refused for a link too: it does not say that it is one', () => {
    const headers = { origin: 'https://evil.example', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    assert.equal(passes(headers, 'GET'), false);
  });

  test('passes from an origin that CORS allows', () => {
    assert.equal(passes({ origin: 'https://app.example' }), true);
  });
});

test('what comes from no browser passes', () => {
  assert.equal(passes({ cookie: 'session=1', 'content-type': 'application/json' }), true);
  assert.equal(passes({}, 'DELETE', { client: { host: undefined }, cors: undefined }), true);
});

describe('an origin that CORS allows without credentials', () => {
  const origin = 'https://public.example';

  for (const site of [{}, { 'sec-fetch-site': 'cross-site' }]) {
    const kind = Object.keys(site).join() || 'origin alone';

    test(`passes with what its page gave (${kind})`, () => {
      assert.equal(passes({ ...site, origin }), true);
      assert.equal(passes({ ...site, origin, authorization: 'Bearer token', 'x-api-key': 'key' }), true);
      assert.equal(passes({ ...site, origin, 'client-cert': ':AAAA:' }), true);
    });

    test(`is refused with what browsers send unasked (${kind})`, () => {
      assert.equal(passes({ ...site, origin, cookie: 'session=1' }), false);
      assert.equal(passes({ ...site, origin, authorization: 'Basic YTpi' }), false);
      const behindProxy = { client: { isFromTrustedProxy: true } };
      assert.equal(passes({ ...site, origin, 'client-cert': ':AAAA:' }, 'POST', behindProxy), false);
    });
  }
});

test('a refusal says what was expected and whom it came from', () => {
  const refuse = (headers: Record<string, string>): void =>
    checkCrossSite({ method: 'POST', headers, socket: {} }, { client: here, cors });
  assert.throws(() => refuse({ origin: 'https://evil.example' }), {
    status: 403,
    message:
      'Expected a request of this site, or of an origin that CORS allows, but got one of origin "https://evil.example".',
  });
  assert.throws(() => refuse({ 'sec-fetch-site': 'cross-site' }), /but got one of site "cross-site"\.$/);
});
