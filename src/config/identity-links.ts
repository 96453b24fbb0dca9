import type { Checker } from './checker.ts';
import { defaultProviderName } from './provider-names.ts';
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
  for (const at of doorsOf(check)) {
    checkAccess(check, [...at, 'access']);
    check.namesDiffer([...at, 'securityHeaders']);
  }
  checkAccess(check, ['graphql', 'graphiql']);
  checkAccess(check, ['telemetry', 'metrics', 'access']);
  for (const key of ['introspection', 'suggestions', 'queryPlan', 'timeline']) checkChoice(check, ['graphql', key]);
  checkChoice(check, ['telemetry', 'serverTiming']);
  checkChoice(check, ['graphql', 'persisted', 'trusted', 'bypass']);
  for (const name of check.keys(['audiences'])) checkChoice(check, ['audiences', name, 'callers']);
}

/** What a rule chooses must be known at once, and be the same for all requests of a caller. */
function checkChoice(check: Checker, at: YamlPath): void {
  checkAccess(check, at);
  if (check.has([...at, 'policies']))
    check.tell([...at, 'policies'], 'policies are for doors: they do not choose here');
}

function providerNames(check: Checker): readonly string[] {
  const kinds = check
    .list(['identity', 'providers'])
    .map((_, index) => check.text(['identity', 'providers', index, 'kind']));
  return kinds.map(
    (_, index) => check.text(['identity', 'providers', index, 'name']) ?? defaultProviderName(kinds, index),
  );
}

function checkNames(check: Checker): void {
  const tiers = check.keys(['tiers']);
  const audiences = check.keys(['audiences']);
  for (const name of check.keys(['consumers'])) {
    check.isKnown(['consumers', name, 'tier'], tiers, 'tier');
    check.isKnown(['consumers', name, 'audience'], audiences, 'audience');
    check.isKnown(['consumers', name, 'provider'], providerNames(check), 'provider');
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
      const named = `${check.text(['consumers', name, 'provider']) ?? ''}\0${value}`;
      const owner = owners.get(named) ?? name;
      if (owner !== name) check.tell([...at, index], `the consumer "${owner}" has it too`);
      owners.set(named, owner);
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
