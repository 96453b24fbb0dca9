import { isHealth, type Checker } from './checker.ts';
import { defaultClientHeaders } from './telemetry-schema.ts';
import type { YamlPath } from './yaml-source.ts';

// What telemetry and the log say of other sections: names that must exist, a path that is free, and headers that must not
// be written.

/** `telemetry` and `log` against the rest of `gateway.yaml`; `endpoint` is the path of GraphQL. */
export function checkTelemetry(check: Checker, endpoint: string): void {
  checkRules(check, ['telemetry', 'traces', 'rules']);
  checkRules(check, ['log', 'access', 'rules']);
  for (const signal of ['traces', 'metrics']) check.namesDiffer(['telemetry', signal, 'otlp', 'headers']);
  checkMetricsPath(check, endpoint);
  checkHeaders(check);
}

/** A rule about nobody is a mistake. */
function checkRules(check: Checker, rules: YamlPath): void {
  const routes = check.list(['routes']).flatMap((_, index) => check.text(['routes', index, 'path']) ?? []);
  for (const index of check.list(rules).keys()) {
    const at = [...rules, index];
    check.isKnown([...at, 'routes'], routes, 'route');
    check.isKnown([...at, 'consumers'], check.keys(['consumers']), 'consumer');
    check.isKnown([...at, 'tiers'], check.keys(['tiers']), 'tier');
  }
}

/** On the gateway's own listener nothing else may be at the path. */
function checkMetricsPath(check: Checker, endpoint: string): void {
  const metrics = ['telemetry', 'metrics'];
  if (!check.has(metrics) || check.isOff(metrics) || check.has([...metrics, 'listen'])) return;
  const at = check.has([...metrics, 'path']) ? [...metrics, 'path'] : metrics;
  const path = check.text([...metrics, 'path']) ?? '/metrics';
  if (path === endpoint) check.tell(at, `${path} is the GraphQL endpoint`);
  if (isHealth(path)) check.tell(at, '/health and below belong to the gateway');
  const route = check.list(['routes']).findIndex((_, index) => check.text(['routes', index, 'path']) === path);
  if (route >= 0) check.tell(at, `routes[${route}] has the same path ${path}`);
}

const addressHeaders: ReadonlySet<string> = new Set(['forwarded', 'x-forwarded-for', 'x-real-ip']);

/** Headers whose values would be written, or be taken for the name of a client. */
function checkHeaders(check: Checker): void {
  const logged = ['log', 'access', 'headers'];
  const redacted = check
    .list(['log', 'redact', 'headers'])
    .map((_, index) => check.text(['log', 'redact', 'headers', index])?.toLowerCase() ?? '');
  const credentials = credentialHeaders(check);
  const showsAddresses = check.text(['log', 'access', 'addresses']) === 'full';
  for (const list of [logged, ['telemetry', 'clientName'], ['telemetry', 'clientVersion']]) {
    for (const index of check.list(list).keys()) {
      const at = [...list, index];
      const name = check.text(at)?.toLowerCase();
      if (name === undefined) continue;
      if (credentials.has(name)) check.tell(at, `the header ${name} holds credentials, which are written nowhere`);
      if (redacted.includes(name)) check.tell(at, `the header ${name} stands in log.redact.headers too`);
      if (list === logged && addressHeaders.has(name) && !showsAddresses)
        check.tell(at, `the header ${name} holds addresses, which are written with "addresses: full" only`);
    }
  }
  checkDefaults(check, redacted);
}

/** A header that is written nowhere tells no client's name, also where it is read by default. */
function checkDefaults(check: Checker, redacted: readonly string[]): void {
  for (const [key, names] of Object.entries(defaultClientHeaders)) {
    if (check.has(['telemetry', key])) continue;
    for (const [index, name] of redacted.entries()) {
      if (!names.includes(name)) continue;
      const message = `telemetry.${key} reads the header ${name} by default; name others there`;
      check.tell(['log', 'redact', 'headers', index], message);
    }
  }
}

/** Headers in which credentials come, in lower case. */
function credentialHeaders(check: Checker): ReadonlySet<string> {
  const found = new Set(['authorization', 'cookie', 'proxy-authorization']);
  for (const index of check.list(['identity', 'providers']).keys()) {
    const at = ['identity', 'providers', index];
    const from = [...at, 'from'];
    if (check.text([...at, 'kind']) === 'api-key' && !check.has(from)) found.add('x-api-key');
    if (check.text(from) === 'client-cert') found.add('client-cert').add('client-cert-chain');
    for (const place of check.list(from).keys()) {
      const name = check.text([...from, place, 'header']);
      if (name !== undefined) found.add(name.toLowerCase());
    }
  }
  return found;
}
