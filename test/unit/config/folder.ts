import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { ConfigurationError } from '../../../src/config/configuration-error.ts';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import type { GatewayConfig } from '../../../src/config/types.ts';

/** Writes files (by relative path) to a folder that goes away after the test. */
export async function makeFolder(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'weft-config-'));
  context.after(() => rm(dir, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
  }
  return dir;
}

/** A whole small gateway: REST upstream `users`, federation upstream `reviews`. */
export const twoUpstreams = {
  'gateway.yaml': '',
  'upstreams/users.yaml': 'kind: rest\ntargets: http://users.test\n',
  'upstreams/reviews.yaml': 'kind: federation\ntargets: http://reviews.test/graphql\n',
  'schema/users.graphql': 'type Query { users: [ID!] }',
  'resolvers/users.ts': '',
} as const;

/** The lines that a folder's loading fails with. */
export async function refusals(dir: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const error = await loadGatewayFolder(dir, env).then(
    () => assert.fail('the folder loaded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConfigurationError, String(error));
  assert.equal(error.code, 'CONFIGURATION_INVALID');
  return error.message.split('\n');
}

/** The lines that `gateway.yaml` of this text is refused with, beside two good upstreams. */
export async function gatewayRefusals(context: TestContext, text: string, env?: NodeJS.ProcessEnv): Promise<string[]> {
  return refusals(await makeFolder(context, { ...twoUpstreams, 'gateway.yaml': text }), env);
}

/** The lines that `upstreams/reviews.yaml` of this text is refused with. */
export async function upstreamRefusals(context: TestContext, text: string, env?: NodeJS.ProcessEnv): Promise<string[]> {
  return refusals(await makeFolder(context, { ...twoUpstreams, 'upstreams/reviews.yaml': text }), env);
}

/** A `gateway.yaml` and the lines that it is refused with, less the file's name in front: `1:20 graphql.access: ...`. */
export type Refused = readonly [text: string, ...lines: readonly string[]];

/** Each text must be refused with exactly its lines, beside two good upstreams and `files`. */
export async function assertRefused(
  context: TestContext,
  table: readonly Refused[],
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const [text, ...lines] of table) {
    const dir = await makeFolder(context, { ...twoUpstreams, ...files, 'gateway.yaml': text });
    const expected = lines.map((line) => `gateway.yaml:${line}`);
    assert.deepEqual(await refusals(dir), expected, text);
  }
}

/** What `gateway.yaml` of this text says, and the folder it stands in, beside two good upstreams and `files`. */
export async function readGateway(
  context: TestContext,
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<{ readonly dir: string; readonly gateway: GatewayConfig }> {
  const dir = await makeFolder(context, { ...twoUpstreams, ...files, 'gateway.yaml': text });
  const { gateway } = await loadGatewayFolder(dir, {});
  return { dir, gateway };
}
