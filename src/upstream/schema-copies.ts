import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The last good schema of each upstream, one file each under `schemas/` of the gateway's state folder. */

export interface CopyPlace {
  /** Absolute folder; made when the first copy is written. */
  readonly stateDir: string;
  /** Upstream name: a GraphQL name, so it cannot lead out of the folder. */
  readonly name: string;
  /** A copy of an upstream that was of another kind then is no copy of this one. */
  readonly kind: string;
}

export interface SchemaCopy {
  readonly text: string;
  /** ISO 8601, UTC. */
  readonly savedAt: string;
}

const header = /^# .*\n# kind: (\w+)\n# saved: (\S+)\n\n/;

function fileOf({ stateDir, name }: CopyPlace): string {
  return join(stateDir, 'schemas', `${name}.graphql`);
}

/** The kept copy; `undefined` where there is none that can be read. */
export async function readSchemaCopy(place: CopyPlace): Promise<SchemaCopy | undefined> {
  const content = await readFile(fileOf(place), 'utf8').catch(() => '');
  const found = header.exec(content);
  const [start, kind, savedAt] = found ?? [];
  if (start === undefined || savedAt === undefined || kind !== place.kind) return undefined;
  return { text: content.slice(start.length), savedAt };
}

/** Keeps a schema; a copy that is equal stays as it is, with its date. Whoever reads meanwhile sees the old one or the new. */
export async function writeSchemaCopy(place: CopyPlace, { text, savedAt }: SchemaCopy): Promise<void> {
  const kept = await readSchemaCopy(place);
  if (kept?.text === text) return;
  const file = fileOf(place);
  const temporary = `${file}.${randomUUID()}.tmp`;
  const title = `# The last good schema of upstream "${place.name}", used while it gives none. Safe to delete.`;
  await mkdir(join(place.stateDir, 'schemas'), { recursive: true });
  try {
    await writeFile(temporary, `${title}\n# kind: ${place.kind}\n# saved: ${savedAt}\n\n${text}`, { flag: 'wx' });
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}
