import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError } from '../../errors.ts';

const lockAttempts = 100;
const lockPauseMs = 20;

/**
 * Changes a file's text (`undefined`: there is none yet) as a whole: whoever reads meanwhile sees the old text or the new
 * one, and two processes that change it at once do so in turn. A new file can be read by its owner alone (mode 0600).
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` where another process has been changing it for 2 s.
 */
export async function updateFile(file: string, change: (text: string | undefined) => string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // A link stays one: what it leads to is replaced.
  const target = await realpath(file).catch(() => file);
  const lock = await acquire(`${target}.lock`);
  try {
    await replace(target, change(await readIfThere(target)));
  } finally {
    await lock.release();
  }
}

async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  );
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      // The mode that `open` gives is cut by the process's umask.
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

async function acquire(file: string): Promise<{ readonly release: () => Promise<void> }> {
  for (let attempt = 0; attempt < lockAttempts; attempt += 1) {
    const handle = await openNew(file);
    if (handle !== undefined) {
      await handle.close();
      return { release: async () => rm(file, { force: true }) };
    }
    await pause(lockPauseMs);
  }
  throw new GatewayError(
    'CONFIGURATION_INVALID',
    `Expected no other process to be writing, but got: ${file}. Remove it if none is`,
  );
}

async function openNew(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw cause;
  }
}
