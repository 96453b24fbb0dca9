import type { ConfigurationIssue } from './configuration-error.ts';
import { Checker } from './checker.ts';
import { suggest } from './values.ts';
import { printPath } from './yaml-source.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

// What limits and persisted operations say of other sections and other files: names that must exist, names that may
// stand once only.

interface Around {
  readonly dir: string;
  /** Names of the upstreams. */
  readonly upstreams: readonly string[];
}

/** `limits`, the limits of tiers, routes and `graphql`, and `graphql.persisted` against the rest of `gateway.yaml`. */
export function checkLimits(check: Checker, { dir, upstreams }: Around): void {
  const tiers = check.keys(['tiers']);
  for (const at of ratesOf(check)) checkTiers(check, at, tiers);
  if (check.text(['limits', 'store']) === 'redis' && !check.has(['redis']))
    check.tell(['limits', 'store'], 'redis needs the section "redis", which is missing');
  for (const name of check.keys(['limits', 'cost', 'upstreams'])) {
    if (upstreams.includes(name)) continue;
    const message = `no upstream is named "${name}", ${suggest(name, upstreams)}`;
    check.tell(['limits', 'cost', 'upstreams', name], message, 'key');
  }
  const routes = check.list(['routes']).flatMap((_, index) => check.text(['routes', index, 'path']) ?? []);
  for (const index of check.list(['limits', 'disabled']).keys()) {
    check.isKnown(['limits', 'disabled', index, 'routes'], routes, 'route');
  }
  checkManifests(check, dir);
}

function checkManifests(check: Checker, dir: string): void {
  const manifests = ['graphql', 'persisted', 'trusted', 'manifests'];
  for (const index of check.list(manifests).keys()) {
    // What is a URL has been told to be none of a file.
    if (!/^https?:/i.test(check.text([...manifests, index]) ?? '')) check.isFile([...manifests, index], dir);
    check.namesDiffer([...manifests, index, 'headers']);
  }
}

/** What can be told of limits once all files are read: names are unique among all, tiers stand in `gateway.yaml`. */
export function checkAllRates(gateway: YamlSource, upstreams: readonly YamlSource[]): readonly ConfigurationIssue[] {
  const ofGateway = new Checker(gateway);
  const ofUpstreams = upstreams.map((source) => new Checker(source));
  const tiers = ofGateway.keys(['tiers']);
  const first = new Map<string, string>();
  for (const check of [ofGateway, ...ofUpstreams]) {
    for (const at of ratesOf(check)) {
      if (check !== ofGateway) checkTiers(check, at, tiers);
      const name = check.text([...at, 'name']);
      if (name === undefined) continue;
      const twin = first.get(name);
      if (twin !== undefined) check.tell([...at, 'name'], `${twin} has this name too`);
      first.set(name, twin ?? `${printPath(at)} of ${check.file}`);
    }
  }
  return [ofGateway, ...ofUpstreams].flatMap(({ issues }) => issues);
}

/** A limit that is about nobody is a mistake. */
function checkTiers(check: Checker, at: YamlPath, tiers: readonly string[]): void {
  check.isKnown([...at, 'tiers'], tiers, 'tier');
  if (check.text([...at, 'per']) === 'tier' && tiers.length === 0)
    check.tell([...at, 'per'], 'tier needs the section "tiers", which is missing');
}

/** Where limits stand, in `gateway.yaml` or in the file of an upstream. */
function ratesOf(check: Checker): readonly YamlPath[] {
  const lists: readonly YamlPath[] = [
    ['limits', 'rates'],
    ...check.keys(['tiers']).map((name) => ['tiers', name, 'limits']),
    ['graphql', 'limits'],
    ...check.list(['routes']).map((_, index) => ['routes', index, 'limits']),
    // Of an upstream; in `gateway.yaml` it is a mapping.
    ['limits'],
  ];
  return lists.flatMap((at) => check.list(at).map((_, index) => [...at, index]));
}
