import { dirname, join } from 'node:path';
import { readDuration } from '../lib/duration.ts';
import type { ConfigurationIssue } from './configuration-error.ts';
import type { FolderFiles, LinkedFile } from './folder-files.ts';
import { checkCache } from './cache-links.ts';
import { Checker, isHealth } from './checker.ts';
import { checkIdentity } from './identity-links.ts';
import { checkLimits } from './limit-links.ts';
import { checkTelemetry } from './telemetry-links.ts';
import { suggest } from './values.ts';
import type { YamlSource } from './yaml-source.ts';

// What one key's schema cannot know: what other keys and other files say. All of it reads the plain values, not what
// the schemas made of them, so that these issues are told even where a file has others.

const graphqlName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Keys that mean nothing to some kinds of upstream, and why. */
const keysOfKinds: Readonly<Record<string, { readonly kinds: readonly string[]; readonly reason: string }>> = {
  openapi: { kinds: ['rest'], reason: 'OpenAPI describes REST APIs' },
  concurrency: { kinds: ['rest'], reason: 'other kinds look up many entities in one call' },
  schema: { kinds: ['graphql', 'federation'], reason: 'a REST upstream is described by schema/<name>.graphql' },
  cache: {
    kinds: ['rest'],
    reason: 'answers of other kinds are kept by "cache.graphql" and "cache.entities" of gateway.yaml',
  },
  poll: { kinds: ['graphql', 'federation'], reason: 'a REST upstream has no schema that could change' },
};

/** Files whose name no upstream has, and upstreams that cannot be named so. */
export function checkNames({ upstreams, schemas, resolvers }: FolderFiles): ConfigurationIssue[] {
  const names = upstreams.map(({ name }) => name);
  const known = new Set([...names, 'gateway']);
  const stray = (files: readonly LinkedFile[], hint: string): ConfigurationIssue[] =>
    files
      .filter(({ name }) => !known.has(name))
      .map(({ name, file }) => whole(file, `no upstream is named "${name}", ${suggest(name, names)}${hint}`));
  const seen = new Map<string, string>();
  const twice = resolvers.flatMap(({ name, file }) => {
    const first = seen.get(name);
    seen.set(name, first ?? file);
    return first === undefined ? [] : [whole(file, `${first} has the same name; keep one of them`)];
  });
  return [
    ...upstreams.flatMap(({ name, file }) => {
      if (name === 'gateway') return [whole(file, 'the name "gateway" is taken by the gateway itself')];
      if (graphqlName.test(name)) return [];
      return [whole(file, `the name of an upstream has letters, digits and underscores only, got "${name}"`)];
    }),
    ...stray(schemas, ''),
    ...stray(resolvers, ' (shared code can stand in a folder below)'),
    ...twice,
  ];
}

/** Keys of `gateway.yaml` against each other and against the upstreams. */
export function checkGateway(source: YamlSource, { dir, upstreams }: FolderFiles): ConfigurationIssue[] {
  const check = new Checker(source);
  const endpoint = check.text(['graphql', 'path']) ?? '/graphql';
  check.isFile(['graphql', 'firstOperation'], dir);
  check.namesDiffer(['responseHeaders']);
  if (isHealth(endpoint)) check.tell(['graphql', 'path'], '/health and below belong to the gateway');
  checkIdentity(check, dir);
  const names = upstreams.map(({ name }) => name);
  checkLimits(check, { dir, upstreams: names });
  checkCache(check);
  checkTelemetry(check, endpoint);
  const seen = new Map<string, number>();
  for (const index of check.list(['routes']).keys()) {
    const at = ['routes', index];
    const path = check.text([...at, 'path']);
    const upstream = check.text([...at, 'upstream']);
    const prefix = check.text([...at, 'stripPrefix']);
    if (upstream !== undefined && !names.includes(upstream)) {
      check.tell(
        [...at, 'upstream'],
        `no upstream is named ${check.print([...at, 'upstream'])}, ${suggest(upstream, names)}`,
      );
    }
    if (path === undefined) continue;
    const first = seen.get(path);
    if (first !== undefined) check.tell([...at, 'path'], `routes[${first}] has the same path ${path}`);
    seen.set(path, first ?? index);
    if (path === endpoint) check.tell([...at, 'path'], `${path} is the GraphQL endpoint`);
    if (isHealth(path)) check.tell([...at, 'path'], '/health and below belong to the gateway');
    if (prefix !== undefined && !`${path}/`.startsWith(`${prefix.replace(/\/$/, '')}/`)) {
      check.tell(
        [...at, 'stripPrefix'],
        `expected whole segments at the start of ${path}, got ${check.print([...at, 'stripPrefix'])}`,
      );
    }
  }
  return check.issues;
}

/** Keys of one upstream's file against each other and against the files that belong to it. */
export function checkUpstream(source: YamlSource, name: string, files: FolderFiles): ConfigurationIssue[] {
  const check = new Checker(source);
  const dir = join(files.dir, dirname(source.file));
  const kind = check.text(['kind']);
  for (const [key, { kinds, reason }] of Object.entries(keysOfKinds)) {
    if (!check.has([key]) || kind === undefined || !isKind(kind)) continue;
    if (!kinds.includes(kind)) check.tell([key], `not for kind: ${kind} (${reason})`, 'key');
  }
  if (kind === 'rest') {
    check.needs(['kind'], { files: files.schemas, name, wanted: `schema/${name}.graphql` });
    check.needs(['kind'], { files: files.resolvers, name, wanted: `resolvers/${name}.ts` });
  }
  const targets = check.text(['targets']) ?? check.list(['targets'])[0];
  if (targets === 'embedded' && !files.standIns.has(name)) {
    check.tell(['targets'], `embedded needs upstreams/${name}.server.ts, which is missing`);
  }
  check.isFile(['openapi'], dir);
  check.isFile(['schema'], dir);
  check.namesDiffer(['headers']);
  checkDeadlines(check);
  return check.issues;
}

function checkDeadlines(check: Checker): void {
  const total = check.text(['timeout', 'total']);
  if (total === undefined && check.has(['timeout', 'total'])) return;
  const totalMs = readDuration(total ?? '5s');
  for (const part of ['connect', 'headers', 'body']) {
    const text = check.text(['timeout', part]);
    const partMs = text === undefined ? undefined : readDuration(text);
    if (partMs === undefined || totalMs === undefined || partMs <= totalMs) continue;
    check.tell(['timeout', part], `${text} is longer than total (${total ?? '5s by default'})`);
  }
}

function isKind(kind: string): boolean {
  return kind === 'rest' || kind === 'graphql' || kind === 'federation';
}

function whole(file: string, message: string): ConfigurationIssue {
  return { file, line: 0, column: 0, message };
}
