import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SetName } from './types.ts';

export interface FolderOptions {
  readonly engine: 'compiled' | 'stitched';
  /** Whether equal upstream calls that run at once are made once. */
  readonly sharing: boolean;
  /** By upstream name. */
  readonly urls: Readonly<Record<string, string>>;
}

/** Writes a gateway folder for Weft at `dir`: the shop, or a copy of the demo with its upstreams elsewhere. */
export const writeGatewayFolder: Readonly<Record<SetName, (dir: string, options: FolderOptions) => Promise<void>>> = {
  shop: async (dir, { engine, sharing, urls }) => {
    await mkdir(join(dir, 'upstreams'), { recursive: true });
    await writeFile(join(dir, 'gateway.yaml'), withKeys('', { engine }));
    for (const [name, targets] of Object.entries(urls)) {
      const keys = { kind: 'federation', targets, poll: 'off', shareInflight: sharing };
      await writeFile(join(dir, 'upstreams', `${name}.yaml`), withKeys('', keys));
    }
  },
  demo: async (dir, { engine, sharing, urls }) => {
    const root = fileURLToPath(new URL('..', import.meta.url));
    for (const part of ['schema', 'resolvers', 'upstreams']) {
      const isCode = (path: string): boolean => part === 'upstreams' && /\.ts$|\bdemo$/.test(path);
      await cp(join(root, part), join(dir, part), { recursive: true, filter: (path) => !isCode(path) });
    }
    await writeFile(
      join(dir, 'gateway.yaml'),
      withKeys(await readFile(join(root, 'gateway.yaml'), 'utf8'), { engine }),
    );
    for (const file of await readdir(join(dir, 'upstreams'))) {
      const targets = urls[file.replace('.yaml', '')];
      if (targets === undefined) continue;
      const path = join(dir, 'upstreams', file);
      const text = await readFile(path, 'utf8');
      const isRest = /^kind: rest$/m.test(text);
      await writeFile(path, withKeys(text, isRest ? { targets } : { targets, poll: 'off', shareInflight: sharing }));
    }
  },
};

/** YAML with these top-level keys set, each of which stands on one line; others stay. */
export function withKeys(yaml: string, keys: Readonly<Record<string, string | boolean>>): string {
  return Object.entries(keys).reduce((text, [key, value]) => {
    const without = text.replace(new RegExp(`^${key}:.*\\n?`, 'm'), '');
    return `${without}${key}: ${JSON.stringify(value)}\n`;
  }, yaml);
}
