import type { Checker } from './checker.ts';
import { checkProviders, checkStore } from './provider-links.ts';
import type { YamlPath } from './yaml-source.ts';

/** What the security sections of `gateway.yaml` say of each other: names that must exist, keys that go together. */
export function checkIdentity(check: Checker, dir: string): void {
  checkProviders(check, dir);
  checkNames(check);
  for (const key of ['subjects', 'clients', 'certificates']) checkOwners(check, key);
  checkStore(check, ['identity', 'revocations']);
  check.isFile(['authorization', 'policies', 'module'], dir);
  check.namesDiffer(['authorization', 'policies', 'headers']);
  check.namesDiffer(['securityHeaders']);
  for (const at of doorsOf(check)) checkAccess(check, [...at, 'access']);
  for (const key of ['graphiql', 'introspection', 'suggestions']) checkAccess(check, ['graphql', key]);
  for (const name of check.keys(['audiences'])) checkAccess(check, ['audiences', name, 'callers']);
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

/** What credentials are known by leads to one consumer, or it would be chance whose rights they have. */
function checkOwners(check: Checker, key: string): void {
  const owners = new Map<string, string>();
  for (const name of check.keys(['consumers'])) {
    const at = ['consumers', name, key];
    for (const index of check.list(at).keys()) {
      const value = check.text([...at, index]);
      if (value === undefined) continue;
      const owner = owners.get(value) ?? name;
      if (owner !== name) check.tell([...at, index], `the consumer "${owner}" has it too`);
      owners.set(value, owner);
    }
  }
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
