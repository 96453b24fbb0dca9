import { readFile } from 'node:fs/promises';
import { withAssembly } from '../assembly/open-folder.ts';
import { loadGatewayFolder } from '../config/load.ts';
import { GatewayError } from '../errors.ts';
import type { Arguments } from './arguments.ts';

/**
 * The supergraph's text: of the file that `--supergraph` names, else composed of the folder.
 *
 * @throws {GatewayError} where it cannot be had, or would lack an upstream.
 */
export async function loadSupergraph({ dir, supergraph }: Pick<Arguments, 'dir' | 'supergraph'>): Promise<string> {
  if (supergraph !== undefined) return readTextFile(supergraph, '--supergraph');
  const folder = await loadGatewayFolder(dir, process.env);
  return withAssembly(folder, (assembly) => {
    if (assembly.missing.length === 0) return assembly.supergraph;
    const lines = assembly.missing.map((name) => `upstream "${name}" gives no schema, and no copy of one is kept`);
    throw new GatewayError('UPSTREAM_SCHEMA_UNAVAILABLE', lines.join('\n'));
  });
}

/** @param what What the file is, for messages. @throws {GatewayError} `START_FAILED` where it cannot be read. */
export async function readTextFile(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw new GatewayError('START_FAILED', `${what} ${file}: ${reason}`, { cause });
  }
}
