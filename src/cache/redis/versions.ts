import { randomBytes } from 'node:crypto';
import type { Invalidation } from '../invalidations.ts';
import type { CacheCommands } from './commands.ts';
import { writeMessage } from './message.ts';

/*
 * How an invalidation holds against all that goes on at the same time, in a Cluster too, where no step can be of two tags:
 *
 * - Each tag has a version. An entry is stored with the versions of its tags, and is good as long as each is the same. To
 *   make a tag's entries invalid is to change its version: one step, whatever their number, and nothing that could be left
 *   half done. A version that is gone (expired, evicted) makes entries bad, never good: no version is ever used twice.
 * - Whoever stores an entry reads the versions first and writes the entry then. A change in between makes the entry bad.
 *   Where there is no Cluster, both are one script, which no change comes between.
 * - A change before the versions are read, but after the work on the entry began, is what is left. Versions that come of an
 *   invalidation can be told from those that were only made up; such a one is accepted by those alone who knew it when the
 *   work began, from a message or from Redis. It stays for longer than any work lasts.
 * - Whoever reads an entry reads the entry first and the versions then. What memory keeps of it is kept only where no
 *   invalidation of its tags was heard of since the reading began; one that comes later finds it in memory.
 */

/** Longest life of a version that no entry needs: above the longest time that work on an entry may take. */
export const versionLifeMs = 5 * 60_000;
/** What took longer is not stored in Redis: an invalidation may be forgotten by then. */
export const longestWorkMs = 4 * 60_000;

// As many random bits are asked for once as in each version of an invalidation; the number makes each another one.
const madeUpHere = `n${randomBytes(12).toString('base64url')}`;
let madeUp = 0;

/** For a tag that has none. Unlike any other version, of any process. */
export function makeUpVersion(): string {
  madeUp += 1;
  return `${madeUpHere}${madeUp.toString(36)}`;
}

/** Whether the version comes of an invalidation, so that not everyone may store under it. */
export function comesOfInvalidation(version: string): boolean {
  return !version.startsWith('n');
}

/**
 * Makes all entries with these tags invalid in Redis, and tells all instances but `by`. Done twice it does no harm.
 *
 * @throws {Error} where Redis could not be reached: then some of it may be done.
 */
export async function changeVersions(
  commands: CacheCommands,
  tags: readonly string[],
  by: string,
): Promise<Invalidation> {
  // Anew with each attempt: an earlier one that arrives late must not bring back what was known.
  const version = `i${randomBytes(12).toString('base64url')}`;
  await Promise.all(tags.map(async (tag) => changeVersion(commands, tag, version)));
  // Not before: whoever hears of it may read in Redis at once.
  await commands.tell(writeMessage({ by, version, tags }));
  return { tags, version };
}

async function changeVersion(commands: CacheCommands, tag: string, version: string): Promise<void> {
  try {
    await commands.changeVersion(tag, version, versionLifeMs);
  } catch (error) {
    if (!isFull(error)) throw error;
    await commands.dropVersion(tag);
  }
}

/** Whether Redis refuses to write as it has no memory left; it still reads and removes. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('OOM ');
}
