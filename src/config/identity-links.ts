import type { Checker } from './checker.ts';
import type { YamlPath } from './yaml-source.ts';

/** What the security sections of `gateway.yaml` say of each other: names that must exist, keys that go together. */
export function checkIdentity(check: Checker, dir: string): void {
  checkProviders(check, dir);
  checkNames(check);
  checkStore(check, ['identity', 'revocations']);
  check.isFile(['authorization', 'policies', 'module'], dir);
  check.namesDiffer(['securityHeaders']);
  for (const at of doorsOf(check)) checkAccess(check, [...at, 'access']);
  for (const key of ['graphiql', 'introspection', 'suggestions']) checkAccess(check, ['graphql', key]);
  for (const name of check.keys(['audiences'])) checkAccess(check, ['audiences', name, 'callers']);
}

function checkProviders(check: Checker, dir: string): void {
  const names = new Map<string, number>();
  let catchAll: number | undefined;
  for (const index of check.list(['identity', 'providers']).keys()) {
    const at = ['identity', 'providers', index];
    const kind = check.text([...at, 'kind']);
    const name = check.text([...at, 'name']);
    const twin = name === undefined ? undefined : names.get(name);
    if (twin !== undefined) check.tell([...at, 'name'], `identity.providers[${twin}] has the same name`);
    if (name !== undefined) names.set(name, index);
    if (kind === 'jwt') {
      if (catchAll !== undefined)
        check.tell(at, `identity.providers[${catchAll}] has no "issuer" and takes every token before this one`);
      if (!check.has([...at, 'issuer'])) catchAll ??= index;
      check.isFile([...at, 'keys', 'file'], dir);
      checkAlgorithms(check, at);
    }
    if (kind === 'api-key') checkStore(check, at);
    if (kind === 'mtls') checkMtls(check, at);
    if (kind === 'basic' && !hasPasswords(check)) {
      check.tell([...at, 'kind'], 'basic needs a consumer with a "passwordHash", but there is none');
    }
  }
}

/** A public key that is taken for a shared secret lets everyone who has it sign. */
function checkAlgorithms(check: Checker, at: YamlPath): void {
  const isSecret = check.has([...at, 'keys', 'secret']);
  for (const index of check.list([...at, 'algorithms']).keys()) {
    const place = [...at, 'algorithms', index];
    const algorithm = check.text(place);
    if (algorithm === undefined || algorithm.startsWith('HS') === isSecret) continue;
    check.tell(place, `${algorithm} ${isSecret ? 'does not go with a secret' : 'goes with a secret only'}`);
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

function checkStore(check: Checker, at: YamlPath): void {
  if (check.text([...at, 'store']) === 'redis' && !check.has(['redis', 'url']))
    check.tell([...at, 'store'], 'redis needs "redis.url", which is missing');
}

function checkNames(check: Checker): void {
  const tiers = check.keys(['tiers']);
  const audiences = check.keys(['audiences']);
  for (const name of check.keys(['consumers'])) {
    check.isKnown(['consumers', name, 'tier'], tiers, 'tier');
    check.isKnown(['consumers', name, 'audience'], audiences, 'audience');
  }
  for (const name of tiers) check.isKnown(['tiers', name, 'audience'], audiences, 'audience');
}

function checkAccess(check: Checker, at: YamlPath): void {
  check.isKnown([...at, 'tiers'], check.keys(['tiers']), 'tier');
  check.isKnown([...at, 'consumers'], check.keys(['consumers']), 'consumer');
  if (check.has([...at, 'policies']) && !check.has(['authorization', 'policies']))
    check.tell([...at, 'policies'], 'policies need "authorization.policies", which is missing');
}

function doorsOf(check: Checker): readonly YamlPath[] {
  return [['graphql'], ...check.list(['routes']).map((_, index) => ['routes', index])];
}
