import type { YamlPath } from './yaml-source.ts';

const secretNames: ReadonlySet<PropertyKey> = new Set(['clientSecret', 'passwordHash']);

const shownOfSentinel: ReadonlySet<PropertyKey> = new Set(['name', 'username', 'db', 'tls']);

/**
 * Whether what stands at this place of `gateway.yaml` or of an upstream's file is a secret, or most likely one where a
 * mapping is expected. Neither messages nor `weft config print` show it. Pure.
 */
export function isSecret(path: YamlPath): boolean {
  const [first, second, third, fourth] = path;
  // A header's value is a credential more often than not.
  if (first === 'headers') return path.length === 2;
  if (first === 'authorization') return second === 'policies' && third === 'headers';
  // What is pasted for a certificate may hold its key.
  if (first === 'tls') return second !== 'clientCertificate';
  if (first === 'redis') return second !== 'sentinel' || !shownOfSentinel.has(third ?? '');
  if (first === 'graphql') return isManifestHeader(path.slice(1));
  // Also what stands where headers should.
  if (first === 'telemetry') return third === 'otlp' && fourth === 'headers';
  if (first === 'consumers') return path.length === 2 || secretNames.has(path.at(-1) ?? '');
  return first === 'identity' && isSecretOfProvider(path.slice(3));
}

/** `path` below `graphql`: also what stands where headers should. */
function isManifestHeader([first, second, third, , fifth]: YamlPath): boolean {
  return first === 'persisted' && second === 'trusted' && third === 'manifests' && fifth === 'headers';
}

/** `path` from the provider on. */
function isSecretOfProvider([key, inner]: YamlPath): boolean {
  if (key === 'keys') return inner !== 'url' && inner !== 'file';
  return key !== undefined && secretNames.has(key);
}
