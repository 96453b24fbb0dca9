import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { UpstreamConfig } from '../config/types.ts';
import { GatewayError } from '../errors.ts';

/** A server that this process started in place of a real upstream. */
export interface StandIn {
  readonly url: string;
  readonly close: () => Promise<void>;
}

interface StandInModule {
  readonly start?: () => Promise<StandIn>;
}

/**
 * Starts `upstreams/<name>.server.ts` (or `.js`, `.mjs`), which exports `start(): Promise<{ url, close }>`.
 *
 * @throws {GatewayError} `START_FAILED` where there is no such file or it does not export `start`.
 */
export async function startStandIn(config: UpstreamConfig): Promise<StandIn> {
  const file = await standInFile(config);
  const { start } = await importStandIn(file);
  if (typeof start !== 'function') {
    throw new GatewayError('START_FAILED', `${file}: expected an export "start", but got: ${typeof start}`);
  }
  return start();
}

async function importStandIn(file: string): Promise<StandInModule> {
  try {
    return (await import(pathToFileURL(file).href)) as StandInModule;
  } catch (cause) {
    throw new GatewayError('START_FAILED', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

async function standInFile({ name, file }: UpstreamConfig): Promise<string> {
  for (const ending of ['ts', 'js', 'mjs']) {
    const candidate = join(dirname(file), `${name}.server.${ending}`);
    const exists = await access(candidate).then(
      () => true,
      () => false,
    );
    if (exists) return candidate;
  }
  throw new GatewayError(
    'START_FAILED',
    `${file}: target "embedded" needs a server beside it: expected ${name}.server.ts, but there is none`,
  );
}
