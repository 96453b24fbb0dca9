import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ModuleImport, type ModuleText, readModule } from './read-module.ts';

export interface SourceFile {
  /** Path from the project's root with `/`, as `src/lib/duration.ts`. */
  readonly file: string;
  readonly text: string;
}

/** What the files of one room may import. Their own room is always open to them. */
export interface Room {
  /** Rooms (`lib`) and files (`telemetry/channels.ts`, from `src/`), for values and types. */
  readonly may: readonly string[];
  /** The same, for types only. */
  readonly types?: readonly string[];
  /** npm packages by name; a name that ends in `/` stands for a whole scope. */
  readonly packages?: readonly string[];
  /** `offline`: all of `node:` but sockets, processes and threads. Default `all`. */
  readonly node?: 'all' | 'offline' | 'none';
  /** Names that its code must not use. */
  readonly withoutWords?: readonly string[];
  /** Whether it may import files that are named at run time. */
  readonly loadsFiles?: boolean;
}

export type Rooms = Readonly<Record<string, Room>>;

const online = new Set(
  'child_process cluster dgram dns dns/promises http http2 https net quic tls worker_threads'.split(' '),
);

/** Every TypeScript file of a folder of the project, in alphabetical order. */
export function readSources(folder: string): readonly SourceFile[] {
  const root = new URL(`../../${folder}/`, import.meta.url);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .toSorted()
    .map((path) => ({ file: `${folder}/${path}`, text: readFileSync(fileURLToPath(new URL(path, root)), 'utf8') }));
}

/** The room of `src/lib/duration.ts` is `lib`, that of `src/gateway.ts` is `gateway.ts`. */
export function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

/** Every import of one room that its row does not allow, as `file:line: what is wrong`. */
export function findForbiddenImports(sources: readonly SourceFile[], rooms: Rooms, room: string): readonly string[] {
  const row = rooms[room];
  if (!row) return [];
  return sources
    .filter(({ file }) => roomOf(file) === room)
    .flatMap((source) => {
      const { imports, words } = moduleOf(source);
      return [
        ...imports
          .filter((found) => !isAllowed(found, source.file, row))
          .map(({ specifier, isTypeOnly, line }) => {
            const what = isTypeOnly ? 'the types of ' : '';
            return `${source.file}:${line}: ${room} may not import ${what}${specifier ?? 'a computed path'}`;
          }),
        ...(row.withoutWords ?? [])
          .filter((word) => words.has(word))
          .map((word) => `${source.file}:${words.get(word)}: ${room} may not use ${word}`),
      ];
    });
}

/** Files whose room has no row. */
export function findUnknownRooms(sources: readonly SourceFile[], rooms: Rooms): readonly string[] {
  return sources
    .filter(({ file }) => !Object.hasOwn(rooms, roomOf(file)))
    .map(({ file }) => `${file}: ${roomOf(file)} has no row in the table`);
}

/** Each cycle of imports that load each other, as `a.ts -> b.ts -> a.ts`. Types load nothing. */
export function findCycles(sources: readonly SourceFile[]): readonly string[] {
  const graph = new Map(sources.map((source) => [source.file, loadedBy(source)]));
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file].join(' -> '));
    if (start >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

export function findStarExports(sources: readonly SourceFile[]): readonly string[] {
  return places(sources, ({ starExports }) => starExports, 'export *');
}

export function findDefaultExports(sources: readonly SourceFile[]): readonly string[] {
  return places(sources, ({ defaultExports }) => defaultExports, 'default export');
}

export function findAnyTypes(sources: readonly SourceFile[]): readonly string[] {
  return places(sources, ({ anyTypes }) => anyTypes, 'any');
}

export function findSilencers(sources: readonly SourceFile[]): readonly string[] {
  return places(sources, ({ silencers }) => silencers, 'a comment that silences the compiler');
}

export function findLongFiles(sources: readonly SourceFile[], mostLines: number): readonly string[] {
  return sources
    .map(({ file, text }) => ({ file, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > mostLines)
    .map(({ file, lines }) => `${file}: ${lines} lines, at most ${mostLines}`);
}

/** The rows `| \`CODE\` | status | ... |` of a Markdown text, as `CODE status`. */
export function readErrorTable(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^\| *`([A-Z][A-Z_]+)` *\| *(\d{3}) *\|/gm)].map(
    ([, code, status]) => `${code} ${status}`,
  );
}

const modules = new WeakMap<SourceFile, ModuleText>();

function moduleOf(source: SourceFile): ModuleText {
  const known = modules.get(source);
  if (known) return known;
  try {
    const read = readModule(source.text);
    modules.set(source, read);
    return read;
  } catch (cause) {
    throw new Error(`${source.file} cannot be read`, { cause });
  }
}

function places(
  sources: readonly SourceFile[],
  linesOf: (module: ModuleText) => readonly number[],
  what: string,
): readonly string[] {
  return sources.flatMap((source) => linesOf(moduleOf(source)).map((line) => `${source.file}:${line}: ${what}`));
}

function isAllowed({ specifier, isTypeOnly }: ModuleImport, file: string, row: Room): boolean {
  if (specifier === undefined) return row.loadsFiles === true;
  if (specifier.startsWith('node:'))
    return isAllowedBuiltin(specifier.slice('node:'.length), row.node ?? 'all', isTypeOnly);
  if (!specifier.startsWith('.')) return (row.packages ?? []).some((name) => isOfPackage(specifier, name));
  const target = targetOf(file, specifier);
  if (!target.startsWith('src/')) return false;
  const room = roomOf(target);
  const open = [roomOf(file), ...row.may, ...(isTypeOnly ? (row.types ?? []) : [])];
  const path = target.slice('src/'.length);
  // An entry names a room, one file, or (with a slash at its end) a folder of a room.
  return open.includes(room) || open.some((entry) => entry === path || (entry.endsWith('/') && path.startsWith(entry)));
}

function isAllowedBuiltin(name: string, allowed: NonNullable<Room['node']>, isTypeOnly: boolean): boolean {
  return allowed === 'all' || (allowed === 'offline' && (isTypeOnly || !online.has(name)));
}

function isOfPackage(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(name.endsWith('/') ? name : `${name}/`);
}

function loadedBy(source: SourceFile): readonly string[] {
  return moduleOf(source).imports.flatMap(({ specifier, isTypeOnly }) =>
    specifier?.startsWith('.') && !isTypeOnly ? [targetOf(source.file, specifier)] : [],
  );
}

function targetOf(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}
