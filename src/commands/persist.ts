import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publicSchema } from '../composition/public-schema.ts';
import { readSupergraph } from '../composition/supergraph.ts';
import { GatewayError } from '../errors.ts';
import { gatherOperations, type OperationFile } from '../persisted/gather-operations.ts';
import { manifestFormats, printManifest, type ManifestFormat } from '../persisted/print-manifest.ts';
import { UsageError, type Arguments } from './arguments.ts';
import { loadSupergraph, readTextFile } from './load-supergraph.ts';

/**
 * `weft persist OPERATIONS...`: a manifest of the operations in files and folders, on standard output or in the file of
 * `--out`. With `--check` nothing is written: it ends with exit code 1 where the file is not what would be written.
 */
export async function persist({ dir, supergraph, words, persistFlags = {} }: Arguments): Promise<number> {
  const { out, check = false } = persistFlags;
  const format = readFormat(persistFlags.format ?? 'apollo');
  if (words.length === 0) throw new UsageError('expected files or folders of operations, but got none');
  if (check && out === undefined) throw new UsageError('--check: expected --out with the file to check, but got none');
  const files = await loadFiles(words);
  const schema = publicSchema(readSupergraph(await loadSupergraph({ dir, supergraph }), supergraph ?? 'supergraph'));
  const { operations, problems } = gatherOperations(files, schema);
  if (problems.length > 0) throw new GatewayError('GRAPHQL_VALIDATION_FAILED', problems.join('\n'));
  if (operations.length === 0) {
    throw new GatewayError('BAD_REQUEST', `Expected operations, but got none in: ${words.join(', ')}`);
  }
  const text = printManifest(operations, format);
  if (out === undefined) process.stdout.write(text);
  else if (check) await compareFile(out, text);
  else await replaceFile(out, text);
  if (out !== undefined) process.stdout.write(`${out}: ${operations.length} operations\n`);
  return 0;
}

function readFormat(text: string): ManifestFormat {
  const format = manifestFormats.find((known) => known === text);
  if (format !== undefined) return format;
  throw new UsageError(`--format: expected one of: ${manifestFormats.join(', ')}, but got "${text}"`);
}

/** Each file once; of folders all that end in `.graphql` or `.gql`, but not what is hidden or was installed. */
async function loadFiles(words: readonly string[]): Promise<readonly OperationFile[]> {
  const found = new Set<string>();
  for (const word of words) for (const file of await findFiles(word)) found.add(file);
  const names = [...found].toSorted();
  return Promise.all(names.map(async (file) => ({ file, text: await readTextFile(file, 'operations') })));
}

async function findFiles(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'there is no such file or folder' : cause.message;
    throw new GatewayError('BAD_REQUEST', `${path}: ${reason}`, { cause });
  });
  return found.isDirectory() ? searchFolder(path) : [join(path)];
}

async function searchFolder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.map(async (entry): Promise<readonly string[]> => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return isOutside(entry.name) ? [] : searchFolder(path);
    return entry.isFile() && /\.(?:graphql|gql)$/.test(entry.name) ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

function isOutside(folder: string): boolean {
  return folder.startsWith('.') || folder === 'node_modules';
}

async function compareFile(file: string, text: string): Promise<void> {
  const written = await readFile(file, 'utf8').catch(() => undefined);
  if (written === text) return;
  const came = written === undefined ? 'no file that can be read' : 'another text';
  throw new GatewayError(
    'BAD_REQUEST',
    `${file}: expected what the operations give, but got ${came}. Run weft persist without --check`,
  );
}

/** Whoever watches the file sees the old text or the new one. */
async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new GatewayError('START_FAILED', `--out ${file}: ${(cause as Error).message}`, { cause });
  }
}
