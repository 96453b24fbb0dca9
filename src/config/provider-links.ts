import type { Checker } from './checker.ts';
import { keyType } from './pem-values.ts';
import { defaultProviderName } from './provider-names.ts';
import type { YamlPath } from './yaml-source.ts';

const providers = ['identity', 'providers'] as const;

/** What the providers of `gateway.yaml` say of each other and of other sections. */
export function checkProviders(check: Checker, dir: string): void {
  checkNames(check);
  for (const index of check.list(providers).keys()) {
    const at = [...providers, index];
    const kind = check.text([...at, 'kind']);
    if (kind === 'jwt') checkKeys(check, at, dir);
    if (kind === 'api-key') checkStore(check, at);
    if (kind === 'mtls') checkMtls(check, at);
    if (kind === 'basic' && !hasPasswords(check)) {
      check.tell([...at, 'kind'], 'basic needs a consumer with a "passwordHash", but there is none');
    }
    checkReach(check, index);
  }
}

/** Logs and callers know a provider by its name, also by the one that it has by default. */
function checkNames(check: Checker): void {
  const places = check.list(providers).map((_, index) => [...providers, index]);
  const kinds = places.map((at) => check.text([...at, 'kind']));
  const given = places.map((at) => check.text([...at, 'name']));
  const names = given.map((name, index) => name ?? defaultProviderName(kinds, index));
  for (const [index, name] of given.entries()) {
    const twin = names.findIndex((other, place) => other === name && (given[place] === undefined || place < index));
    if (name === undefined || twin < 0) continue;
    const how = given[twin] === undefined ? 'by default' : 'too';
    check.tell([...providers, index, 'name'], `identity.providers[${twin}] has this name ${how}`);
  }
}

/** A provider that an earlier one leaves nothing is a mistake: its settings would hold for nobody. */
function checkReach(check: Checker, index: number): void {
  const at = [...providers, index];
  for (let earlier = 0; earlier < index; earlier += 1) {
    const problem = whatIsTaken(check, [...providers, earlier], at);
    if (problem === undefined) continue;
    check.tell([...at, ...problem.path], `identity.providers[${earlier}] ${problem.message}`);
    return;
  }
}

interface Problem {
  readonly path: YamlPath;
  readonly message: string;
}

function whatIsTaken(check: Checker, earlier: YamlPath, later: YamlPath): Problem | undefined {
  const kinds = [check.text([...earlier, 'kind']), check.text([...later, 'kind'])];
  const [first, second] = kinds;
  if (first === 'basic' && second === 'basic')
    return { path: ['kind'], message: 'takes every password before this one' };
  if (first === 'mtls' && second === 'mtls' && sourceOfMtls(check, earlier) === sourceOfMtls(check, later)) {
    return { path: ['kind'], message: 'takes every such certificate before this one' };
  }
  if (!kinds.every((kind) => kind === 'jwt' || kind === 'oidc')) return undefined;
  const places = sourcesOf(check, earlier);
  if (!sourcesOf(check, later).some((place) => places.includes(place))) return undefined;
  if (first === 'jwt' && !check.has([...earlier, 'issuer'])) {
    return { path: [], message: 'has no "issuer" and takes every token before this one' };
  }
  const issuers = check.texts([...earlier, 'issuer']);
  if (!check.texts([...later, 'issuer']).some((issuer) => issuers.includes(issuer))) return undefined;
  return { path: ['issuer'], message: 'has the same issuer and takes its tokens before this one' };
}

function sourceOfMtls(check: Checker, at: YamlPath): string {
  return check.text([...at, 'from']) ?? 'tls';
}

/** Where a provider of tokens looks, a text for each place. */
function sourcesOf(check: Checker, at: YamlPath): readonly string[] {
  const from = [...at, 'from'];
  if (!check.has(from)) return ['bearer'];
  return check.list(from).flatMap((_, index) => {
    const place = [...from, index];
    const [key] = check.keys(place);
    if (key === undefined) return check.text(place) ?? [];
    const name = check.text([...place, key]) ?? '';
    return `${key} ${key === 'header' ? name.toLowerCase() : name}`;
  });
}

/** A public key that is taken for a shared secret lets everyone who has it sign. */
function checkKeys(check: Checker, at: YamlPath, dir: string): void {
  check.isFile([...at, 'keys', 'file'], dir);
  const isSecret = check.has([...at, 'keys', 'secret']);
  const type = keyType(check.text([...at, 'keys', 'publicKey']) ?? '');
  for (const index of check.list([...at, 'algorithms']).keys()) {
    const place = [...at, 'algorithms', index];
    const algorithm = check.text(place);
    if (algorithm === undefined) continue;
    if (algorithm.startsWith('HS') !== isSecret) {
      check.tell(place, `${algorithm} ${isSecret ? 'does not go with a secret' : 'goes with a secret only'}`);
    } else if (type !== undefined && !type.algorithms.includes(algorithm)) {
      check.tell(place, `${algorithm} does not go with "publicKey", which is of type ${type.name}`);
    }
  }
}

function checkMtls(check: Checker, at: YamlPath): void {
  if (check.text([...at, 'from']) === 'client-cert') {
    if (check.list(['trustedProxies']).length === 0)
      check.tell([...at, 'from'], 'client-cert is believed of "trustedProxies" only, and there are none');
    return;
  }
  const asked = check.text(['tls', 'clientCertificate']);
  if (asked !== 'request' && asked !== 'require')
    check.tell([...at, 'kind'], 'mtls needs "tls.clientCertificate: request" or "require"');
}

function hasPasswords(check: Checker): boolean {
  return check.keys(['consumers']).some((name) => check.has(['consumers', name, 'passwordHash']));
}

/** Where keys or revocations are kept. */
export function checkStore(check: Checker, at: YamlPath): void {
  if (check.text([...at, 'store']) === 'redis' && !check.has(['redis']))
    check.tell([...at, 'store'], 'redis needs the section "redis", which is missing');
}
