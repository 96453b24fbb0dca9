import type { ServerResponse } from 'node:http';
import { GatewayError } from '../errors.ts';
import { addDefaultFields } from '../lib/default-fields.ts';
import { isFieldName, isFieldValue } from '../lib/http-fields.ts';

/**
 * Sets headers on an answer that has none of their name. To be called first, so that whoever writes the answer (GraphiQL,
 * an upstream behind a route) has the last word.
 *
 * @param isHttps Whether the client came by TLS, to this gateway or to a trusted proxy.
 */
export type ApplySecurityHeaders = (res: ServerResponse, isHttps: boolean) => void;

/**
 * No guessing at types, no addresses to other sites, no way back to plain HTTP. Frames are left to CSRF prevention, which
 * refuses them from other sites, and resource policies to CORS: routes may serve pages and images.
 */
const defaults: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
};

/** RFC 6797, 7.2: must not stand in an answer over plain HTTP. */
const httpsOnly = 'strict-transport-security';

/**
 * @param configured By lower-case name, beside or in place of the defaults; `''` takes a default away.
 * @throws {GatewayError} `CONFIGURATION_INVALID` for what can be no header.
 */
export function createSecurityHeaders(configured: Readonly<Record<string, string>>): ApplySecurityHeaders {
  const all = Object.entries({ ...defaults, ...configured }).filter(([, value]) => value !== '');
  for (const [name, value] of all) {
    if (!isFieldName(name) || !isFieldValue(value)) {
      throw new GatewayError('CONFIGURATION_INVALID', `securityHeaders: expected a header, but got: ${name}`);
    }
  }
  const overTls = Object.fromEntries(all);
  const plain = Object.fromEntries(all.filter(([name]) => name.toLowerCase() !== httpsOnly));
  return (res, isHttps) => addDefaultFields(res, isHttps ? overTls : plain);
}
