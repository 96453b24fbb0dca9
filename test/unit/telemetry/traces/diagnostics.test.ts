import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diag } from '@opentelemetry/api';
import { routeDiagnostics } from '../../../../src/telemetry/traces/diagnostics.ts';
import { listenToNotices } from '../../../support/notices.ts';

test('warnings of OpenTelemetry become notices, once each, without what was sent or configured', (t) => {
  const notices = listenToNotices(t);
  const first = routeDiagnostics();
  const second = routeDiagnostics();
  first();
  first();
  diag.warn("Could not parse 'https://s3cret@host', falling back", { headers: { authorization: 's3cret' } });
  diag.warn("Could not parse 'https://s3cret@host', falling back", { headers: { authorization: 's3cret' } });
  diag.error('{"stack":"s3cret"}');
  diag.info('all is well');
  second();
  diag.error('nobody listens');
  assert.deepEqual(notices.all, [
    { level: 'warn', message: 'OpenTelemetry: Could not parse ***, falling back' },
    { level: 'error', message: 'OpenTelemetry: something failed, without words' },
  ]);
});
