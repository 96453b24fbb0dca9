import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compareFolder, type Entrant, type Peer } from './entrants.ts';

/** The entrants whose packages are there, after installing what is missing; the others are named in one line each. */
export async function withPackages(entrants: readonly Entrant[]): Promise<readonly Entrant[]> {
  const missing = new Set<Peer>();
  for (const peer of new Set(entrants.flatMap((entrant) => entrant.peer ?? []))) {
    try {
      await install(peer);
    } catch (error) {
      missing.add(peer);
      const [reason] = (error as Error).message.split('\n').filter((line) => /npm err|error/i.test(line));
      console.error(`${peer} is left out: its packages cannot be installed (${reason ?? (error as Error).message})`);
    }
  }
  return entrants.filter(({ peer }) => peer === undefined || !missing.has(peer));
}

async function install(peer: Peer): Promise<void> {
  const cwd = compareFolder(peer);
  if (existsSync(join(cwd, 'node_modules'))) return;
  console.error(`installing the packages of ${peer}`);
  const options = ['--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', ['install', ...options], { cwd, maxBuffer: Infinity });
}
