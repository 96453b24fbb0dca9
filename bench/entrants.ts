import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeGatewayFolder, type FolderOptions } from './gateway-folders.ts';
import type { SetName } from './types.ts';
import type { Urls } from './upstreams.ts';

/** What an entrant is started with. */
export interface StartContext {
  readonly set: SetName;
  /** TCP port to listen on, at 127.0.0.1. */
  readonly port: number;
  readonly urls: Urls;
  /** Supergraph of the shop. */
  readonly supergraphFile: string;
  /** `FloorTask[]` as JSON. */
  readonly tasksFile: string;
  /** An empty folder of its own. */
  readonly dir: string;
}

/** How Node runs it. */
export interface Command {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Path of the GraphQL endpoint. */
  readonly path: string;
}

/** Who is measured. One process, which listens on the port that it is given and stops on SIGTERM. */
export interface Entrant {
  readonly name: string;
  readonly title: string;
  readonly sets: readonly SetName[];
  /** Folder of `compare/` whose packages it needs. */
  readonly peer?: Peer;
  readonly command: (context: StartContext) => Promise<Command>;
}

export type Peer = 'hive' | 'apollo' | 'mercurius';

export const compareFolder = (peer: Peer): string => fileURLToPath(new URL(`compare/${peer}`, import.meta.url));

const root = fileURLToPath(new URL('..', import.meta.url));

function weft(options: Omit<FolderOptions, 'urls'>): Pick<Entrant, 'sets' | 'command'> {
  return {
    sets: ['shop', 'demo'],
    command: async ({ set, port, urls, dir }) => {
      await writeGatewayFolder[set](dir, { ...options, urls: urls[set] });
      const args = [join(root, 'src/main.ts'), 'start', '--dir', dir, '--port', `${port}`];
      return { args, cwd: root, path: '/graphql' };
    },
  };
}

/** Sharing of equal upstream calls is on by default; `unshared.config.mjs` turns it off. */
function hive(...extra: readonly string[]): Pick<Entrant, 'sets' | 'peer' | 'command'> {
  return {
    sets: ['shop'],
    peer: 'hive',
    command: async ({ port, supergraphFile }) => {
      const listen = ['--host', '127.0.0.1', '--port', `${port}`, '--fork', '1'];
      const bin = 'node_modules/@graphql-hive/gateway/dist/bin.js';
      return {
        args: [bin, 'supergraph', supergraphFile, ...listen, ...extra],
        cwd: compareFolder('hive'),
        path: '/graphql',
      };
    },
  };
}

const unshared = ['-c', 'unshared.config.mjs'];

function floor(mode: 'parsing' | 'bytes'): Pick<Entrant, 'sets' | 'command'> {
  return {
    sets: ['shop', 'demo'],
    command: async ({ port, tasksFile }) => ({
      args: [fileURLToPath(new URL('floor.ts', import.meta.url))],
      cwd: root,
      env: { PORT: `${port}`, FLOOR_MODE: mode, FLOOR_TASKS: tasksFile },
      path: '/graphql',
    }),
  };
}

/** The entrant that all others are set in proportion to. */
export const parsingFloor = 'floor';

/** Whose upstream calls the floors repeat. */
export const recorded = 'weft';

export const entrants: readonly Entrant[] = [
  { name: recorded, title: 'Weft', ...weft({ engine: 'compiled', sharing: false }) },
  { name: 'weft-shared', title: 'Weft, calls shared', ...weft({ engine: 'compiled', sharing: true }) },
  { name: 'weft-stitched', title: 'Weft, stitched engine', ...weft({ engine: 'stitched', sharing: false }) },
  { name: 'hive', title: 'Hive Gateway', ...hive(...unshared) },
  { name: 'hive-shared', title: 'Hive Gateway, calls shared', ...hive() },
  { name: 'hive-rust', title: 'Hive Gateway, Rust planner', ...hive('--hive-router-runtime', ...unshared) },
  { name: 'hive-rust-shared', title: 'Hive Gateway, Rust planner, calls shared', ...hive('--hive-router-runtime') },
  {
    name: 'apollo',
    title: 'Apollo Gateway',
    sets: ['shop'],
    peer: 'apollo',
    command: async ({ port, supergraphFile }) => ({
      args: ['start.mjs'],
      cwd: compareFolder('apollo'),
      env: { PORT: `${port}`, SUPERGRAPH: supergraphFile },
      path: '/',
    }),
  },
  {
    name: 'mercurius',
    title: 'Mercurius gateway',
    sets: ['shop'],
    peer: 'mercurius',
    command: async ({ port, urls }) => ({
      args: ['start.mjs'],
      cwd: compareFolder('mercurius'),
      env: { PORT: `${port}`, UPSTREAMS: JSON.stringify(urls.shop) },
      path: '/graphql',
    }),
  },
  { name: parsingFloor, title: 'Floor: JSON parsed and written', ...floor('parsing') },
  { name: 'floor-bytes', title: 'Floor: bytes only', ...floor('bytes') },
];
