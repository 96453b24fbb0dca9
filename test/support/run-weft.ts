import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

// Many short processes load the same modules.
const compileCache = join(tmpdir(), 'weft-test-compile-cache');

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface WeftResult {
  /** Exit code; `null` where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WeftProcess {
  /** Resolves with the match as soon as standard output has it; rejects where the process ends before. */
  readonly printed: (text: RegExp) => Promise<RegExpMatchArray>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<WeftResult>;
}

export interface WeftOptions {
  /** On top of the process's own environment, in which no port and no upstream is named. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the project's folder. */
  readonly cwd?: string;
}

/** Starts the command line in a process of its own; the test's end kills it. */
export function runWeft(
  t: TestContext,
  args: readonly string[],
  { env = {}, cwd = root }: WeftOptions = {},
): WeftProcess {
  const flags = ['--disable-warning=ExperimentalWarning', join(root, 'src/main.ts')];
  const child = spawn(process.execPath, [...flags, ...args], {
    cwd,
    env: { ...process.env, PORT: '', HOST: '', NODE_TEST_CONTEXT: undefined, NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
    for (const look of listeners) look();
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const ended = new Promise<WeftResult>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const printed = (text: RegExp): Promise<RegExpMatchArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = text.exec(stdout);
        if (match) resolve(match);
      };
      listeners.add(look);
      look();
      void ended.then(({ code }) =>
        reject(new Error(`ended with ${code} before it printed ${String(text)}:\n${stdout}${stderr}`)),
      );
    });
  return { printed, kill: (signal) => child.kill(signal), ended };
}

/** Runs a command to its end. */
export async function weft(t: TestContext, args: readonly string[], options?: WeftOptions): Promise<WeftResult> {
  return runWeft(t, args, options).ended;
}

/** A folder of its own with these files, by relative path; removed when the test ends. */
export async function makeFolder(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-folder-'));
  t.after(async () => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return folder;
}
