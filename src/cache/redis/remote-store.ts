import { publishNotice } from '../../telemetry/channels.ts';
import { TurnoverMap } from '../../lib/turnover-map.ts';
import { describeFailure } from '../../redis/tell-operators.ts';
import { everything, type Invalidations } from '../invalidations.ts';
import { endOfEntry, sizeOfBody } from '../memory/entry-size.ts';
import type { Claim, Claims, Entry, Stamp } from '../types.ts';
import type { CacheCommands } from './commands.ts';
import { readEntry, writeEntry } from './entry-codec.ts';
import { Link } from '../../redis/link.ts';
import { withPatience } from '../../redis/patience.ts';
import { Debts } from './debts.ts';
import { comesOfInvalidation, isFull, longestWorkMs, makeUpVersion } from './versions.ts';

const fullPauseMs = 1000;
// What may wait for a slow Redis at a time: more is kept in memory only.
const maxWaitingBytes = 16 * 2 ** 20;

const notices = {
  down: 'Cached answers are not shared through Redis, each instance has its own',
  up: 'Cached answers are shared through Redis again',
};

export interface RemoteStoreOptions {
  readonly commands: CacheCommands;
  readonly timeoutMs: number;
  readonly invalidations: Invalidations;
  /** Name of this instance, unlike that of any other. */
  readonly self: string;
  /** Entries of this tag were made before an invalidation that this instance had not heard of. */
  readonly onMissed: (tag: string) => void;
}

/** The entries in Redis. Nothing here throws or rejects: what fails is counted, and is as if nothing were kept. */
export class RemoteStore {
  readonly #options: RemoteStoreOptions;
  readonly #link: Link;
  readonly #debts: Debts;
  // By key: the last that is being written there. What is not in it any more must not be written.
  readonly #writing = new TurnoverMap<string, Writing>();
  #waitingBytes = 0;
  #failures = 0;
  #isFull = false;
  #fullUntil = -Infinity;

  constructor(options: RemoteStoreOptions) {
    this.#options = options;
    const { commands, timeoutMs, invalidations, self } = options;
    this.#link = new Link({ isReady: commands.isReady, notices, probe: async () => this.#probe(timeoutMs) });
    this.#debts = new Debts({ commands, invalidations, self });
  }

  get failures(): number {
    return this.#failures;
  }

  isUp(): boolean {
    return this.#link.isUp();
  }

  connected(): void {
    this.#link.connected();
  }

  close(): void {
    this.#link.close();
  }

  /** At most as long as a look-up may take. */
  async find(key: string, claims: Claims | undefined): Promise<Entry | undefined> {
    try {
      const entry = await withPatience(this.#read(key, claims?.begin(key)), this.#options.timeoutMs);
      this.#link.succeeded();
      return entry;
    } catch (error) {
      if (isUnreadable(error)) this.#discard(key);
      else this.#failed(error);
      return undefined;
    }
  }

  store({ key, entry, since, claim }: ToStore): void {
    const now = performance.now();
    if (now < this.#fullUntil || now - since > longestWorkMs || !this.#link.isUp()) return;
    const size = sizeOfBody(entry);
    if (this.#waitingBytes + size > maxWaitingBytes) return;
    this.#waitingBytes += size;
    const writing: Writing = { key, entry, since, claim, done: undefined };
    this.#writing.set(key, writing);
    writing.done = this.#write(writing).then(() => {
      this.#waitingBytes -= size;
      if (this.#writing.get(key) === writing) this.#writing.delete(key);
    });
  }

  written(key: string): Promise<void> | undefined {
    return this.#writing.get(key)?.done;
  }

  remove(key: string): void {
    this.#writing.delete(key);
    if (!this.#link.isUp()) return;
    this.#options.commands.remove(key).catch((error: unknown) => this.#failed(error));
  }

  /** Resolves when Redis has it, or could not be reached: then it is made good before Redis is asked again. */
  async invalidate(tags: readonly string[]): Promise<void> {
    const debt = this.#debts.add(tags);
    if (!this.#link.isUp()) return;
    try {
      await this.#debts.pay(debt);
      this.#link.succeeded();
    } catch (error) {
      this.#failures += 1;
      this.#link.fall(describeFailure(error as Error));
    }
  }

  /** What was made invalid altogether before this instance was there: else its first entries would be refused for it. */
  async learn(): Promise<void> {
    const { commands, invalidations } = this.#options;
    try {
      const [version] = await commands.versions([everything]);
      if (version == null || !comesOfInvalidation(version) || version === invalidations.versionOf(everything)) return;
      invalidations.hear({ tags: [everything], version }, performance.now());
    } catch (error) {
      this.#failed(error);
    }
  }

  async #read(key: string, claim: Claim | undefined): Promise<Entry | undefined> {
    const { commands } = this.#options;
    const value = claim ? await this.#readOrTake(key, claim) : await commands.read(key);
    if (value === null) return undefined;
    const stored = readEntry(value);
    if (stored === undefined) {
      this.#discard(key);
      return undefined;
    }
    const { entry, versions } = stored;
    const present = await commands.versions([everything, ...entry.tags]);
    return versions.every((version, at) => version === present[at]) ? entry : undefined;
  }

  async #readOrTake(key: string, claim: Claim): Promise<Buffer | null> {
    let said: Awaited<ReturnType<CacheCommands['readOrTake']>>;
    try {
      said = await this.#options.commands.readOrTake(key, claim);
    } catch (error) {
      claim.settle('unknown');
      throw error;
    }
    claim.settle(typeof said === 'string' ? said : 'unneeded');
    return typeof said === 'string' ? null : said;
  }

  async #write(writing: Writing): Promise<void> {
    const { entry, since, claim } = writing;
    const { commands, invalidations } = this.#options;
    const lifeMs = Math.ceil(endOfEntry(entry) - Date.now());
    if (lifeMs <= 0 || !invalidations.mayBelieve(entry.tags, since)) return;
    try {
      const tags = [everything, ...entry.tags];
      const isKept = commands.keep
        ? await this.#writeAtOnce(writing, { tags, lifeMs, keep: commands.keep })
        : await this.#writeInSteps(writing, tags, lifeMs);
      if (!isKept) return;
      claim?.released();
      this.#wrote();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Nothing comes in between, but what was done here since it was sent: that is sent after it, and so done after it. */
  async #writeAtOnce(writing: Writing, { tags, lifeMs, keep }: AtOnce): Promise<boolean> {
    const { key, entry, since, claim } = writing;
    const { commands, invalidations } = this.#options;
    const keeping = { tags, known: invalidations.versionsOf(tags), fresh: makeUpVersion() };
    const versions = await keep({ key, lifeMs, claim }, writeEntry(entry), keeping);
    if (versions !== undefined) {
      this.#areKnown(tags, versions);
      return false;
    }
    // Redis that had forgotten the script was sent it anew, maybe after what should have followed.
    const isGood = invalidations.isQuietSince(since) || invalidations.mayBelieve(entry.tags, since);
    if (!isGood || this.#writing.get(key) === undefined) await commands.remove(key);
    return true;
  }

  async #writeInSteps(writing: Writing, tags: readonly string[], lifeMs: number): Promise<boolean> {
    const { key, entry, since, claim } = writing;
    const { commands, invalidations } = this.#options;
    const versions = await commands.ensureVersions(tags, makeUpVersion(), lifeMs);
    if (!invalidations.mayBelieve(entry.tags, since) || !this.#areKnown(tags, versions)) return false;
    if (this.#writing.get(key) !== writing) return false;
    await commands.write({ key, lifeMs, claim }, writeEntry(entry), versions);
    return true;
  }

  /** Whether all that the versions come of was known before the work began: else some of it may have come since. */
  #areKnown(tags: readonly string[], versions: readonly string[]): boolean {
    const { invalidations, onMissed } = this.#options;
    let areKnown = true;
    for (const [at, tag] of tags.entries()) {
      const version = versions[at] ?? '';
      if (!comesOfInvalidation(version) || version === invalidations.versionOf(tag)) continue;
      areKnown = false;
      invalidations.hear({ tags: [tag], version }, performance.now());
      onMissed(tag);
    }
    return areKnown;
  }

  async #probe(timeoutMs: number): Promise<void> {
    const { commands } = this.#options;
    await withPatience(commands.versions([everything]), timeoutMs);
    await commands.ensureVersions([everything], makeUpVersion(), 1).catch((error: unknown) => {
      if (!isFull(error)) throw error;
    });
    await this.#debts.payAll();
  }

  #discard(key: string): void {
    this.#failures += 1;
    this.#options.commands.remove(key).catch(() => {});
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    if (!isFull(error)) {
      this.#link.failed(describeFailure(error as Error));
      return;
    }
    // Reading goes on.
    this.#fullUntil = performance.now() + fullPauseMs;
    if (this.#isFull) return;
    this.#isFull = true;
    publishNotice({
      level: 'warn',
      message: 'Redis is full: new cached answers are not shared, each instance has its own',
    });
  }

  #wrote(): void {
    this.#link.succeeded();
    if (!this.#isFull) return;
    this.#isFull = false;
    publishNotice({ level: 'info', message: 'Redis has room again: new cached answers are shared' });
  }
}

/** An entry that is to be kept. */
export interface ToStore {
  readonly key: string;
  readonly entry: Entry;
  /** When the work on it began. */
  readonly since: Stamp;
  /** Under which the work was done: let go of in the same step. */
  readonly claim: Claim | undefined;
}

interface AtOnce {
  readonly tags: readonly string[];
  readonly lifeMs: number;
  readonly keep: NonNullable<CacheCommands['keep']>;
}

interface Writing extends ToStore {
  done: Promise<void> | undefined;
}

/** A value of another kind than ours. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('WRONGTYPE ');
}
