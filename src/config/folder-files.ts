import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { ConfigurationError } from './configuration-error.ts';
import type { ConfigurationIssue } from './configuration-error.ts';
import type { YamlFile } from './yaml-source.ts';

/** A file that its name links to an upstream. */
export interface LinkedFile {
  readonly name: string;
  /** Relative to the gateway's folder, with `/`. */
  readonly file: string;
}

/** What lies in a gateway's folder, unread but for its YAML. Each list is in alphabetical order. */
export interface FolderFiles {
  /** Absolute. */
  readonly dir: string;
  readonly gateway: YamlFile;
  readonly upstreams: readonly (LinkedFile & YamlFile)[];
  readonly schemas: readonly LinkedFile[];
  readonly resolvers: readonly LinkedFile[];
  /** Names of upstreams with a stand-in server, `upstreams/<name>.server.ts`. */
  readonly standIns: ReadonlySet<string>;
  /** Files whose names would be misread. */
  readonly issues: readonly ConfigurationIssue[];
}

/**
 * Lists a gateway's folder and reads its YAML files.
 *
 * @throws {ConfigurationError} where the folder or its `gateway.yaml` is missing: one line.
 */
export async function listFolder(dir: string): Promise<FolderFiles> {
  const entries = await filesOf(dir);
  if (entries === undefined) throw problem(`there is no folder ${dir}`);
  if (!entries.includes('gateway.yaml')) {
    const other = entries.includes('gateway.yml') ? ' (gateway.yml is there: rename it)' : '';
    throw problem(`there is no gateway.yaml in ${dir}; an empty one is enough to begin with${other}`);
  }
  const [upstreams = [], schemas = [], resolvers = []] = await Promise.all(
    ['upstreams', 'schema', 'resolvers'].map((folder) => filesOf(join(dir, folder))),
  );
  const linked = (folder: string, files: readonly string[], endings: RegExp): LinkedFile[] =>
    files.filter((file) => endings.test(file)).map((file) => ({ name: parse(file).name, file: `${folder}/${file}` }));
  const yamlFiles = upstreams.filter((file) => !file.endsWith('.openapi.yaml'));
  return {
    dir,
    gateway: await readYamlFile(dir, 'gateway.yaml'),
    upstreams: await Promise.all(
      linked('upstreams', yamlFiles, /\.yaml$/).map(async (file) => ({
        ...file,
        ...(await readYamlFile(dir, file.file)),
      })),
    ),
    schemas: linked('schema', schemas, /\.graphql$/),
    resolvers: linked('resolvers', resolvers, /(?<!\.d)\.(?:ts|js|mjs)$/),
    standIns: new Set(upstreams.flatMap((file) => /^(.+)\.server\.(?:ts|js|mjs)$/.exec(file)?.[1] ?? [])),
    issues: [
      ...misnamed('upstreams', upstreams, { wrong: /(?<!\.openapi)\.yml$/, right: '.yaml' }),
      ...misnamed('schema', schemas, { wrong: /\.(?:gql|graphqls)$/, right: '.graphql' }),
    ],
  };
}

/** Names of the files of a folder, in alphabetical order; `undefined` where there is no such folder. */
async function filesOf(dir: string): Promise<string[] | undefined> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .toSorted();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw problem(`the folder ${dir} cannot be read (${String(code)})`);
  }
}

async function readYamlFile(dir: string, file: string): Promise<YamlFile> {
  try {
    return { file, text: await readFile(join(dir, file), 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw problem(`${join(dir, file)} cannot be read (${String(code)})`);
  }
}

/** A file that nobody reads because of its ending would be missed in silence. */
function misnamed(
  folder: string,
  files: readonly string[],
  { wrong, right }: { readonly wrong: RegExp; readonly right: string },
): ConfigurationIssue[] {
  return files
    .filter((file) => wrong.test(file))
    .map((file) => {
      const message = `is not read: rename it to ${file.replace(wrong, right)}`;
      return { file: `${folder}/${file}`, line: 0, column: 0, message };
    });
}

function problem(message: string): ConfigurationError {
  return new ConfigurationError([{ file: '', line: 0, column: 0, message }]);
}
