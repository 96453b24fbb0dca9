import type { ManifestSource } from '../config/limit-types.ts';
import { GatewayError } from '../errors.ts';
import { watch } from '../lib/watch.ts';
import { watchFile } from '../lib/watched-file.ts';
import { publishNotice, type NoticeEvent } from '../telemetry/channels.ts';
import { findClash, readManifest, type ManifestOperation } from './manifest.ts';
import { openManifestUrl, type UrlSource } from './manifest-url.ts';
import { TrustedDocuments } from './trusted-documents.ts';

/** The documents of all manifests, kept as they are elsewhere. */
export interface Manifests {
  readonly current: () => TrustedDocuments;
  readonly close: () => Promise<void>;
}

export interface ManifestOptions {
  /** Time between two looks at a file, in milliseconds. Default 1 s. */
  readonly filePollMs?: number;
}

/**
 * Reads all manifests, and reads each anew when it changes. One that has become bad or cannot be had any more goes on being
 * used as it was last; that, and each change, is told as a notice.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` where a file is bad at first. A URL is waited for later: until it gives its
 *   manifest nothing of it is known, which is told as a warning.
 */
export async function openManifests(
  sources: readonly ManifestSource[],
  { filePollMs = 1000 }: ManifestOptions = {},
): Promise<Manifests> {
  const set = new ManifestSet();
  const closing: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(closing.map(async (end) => end()));
  };
  try {
    // In turn: which of two files that clash is told must not depend on chance.
    for (const source of sources) {
      if (source.from === 'file') closing.push(await openFile(set, source.file, filePollMs));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const urls = sources.filter((source) => source.from === 'url');
  closing.push(...(await Promise.all(urls.map(async (source) => openUrl(set, source)))));
  return { current: () => set.current, close };
}

/** What several manifests say together. */
class ManifestSet {
  readonly #parts = new Map<string, readonly ManifestOperation[]>();
  #current = new TrustedDocuments([]);

  get current(): TrustedDocuments {
    return this.#current;
  }

  async read(text: string): Promise<readonly ManifestOperation[]> {
    return readManifest(text, (body) => this.#current.exactly(body));
  }

  /** @throws {TypeError} where another manifest has another text for an id. Then nothing has changed. */
  use(place: string, operations: readonly ManifestOperation[]): void {
    const parts = new Map(this.#parts).set(place, operations);
    const all = [...parts.values()].flat();
    const clash = findClash(all);
    if (clash !== undefined) {
      throw new TypeError(`expected one text for each id, but another manifest has another one for: ${clash}`);
    }
    this.#current = new TrustedDocuments(all);
    this.#parts.set(place, operations);
  }
}

const goesOn = 'What it said before goes on being used';

async function openFile(set: ManifestSet, file: string, pollMs: number): Promise<() => void> {
  const tell = teller(file);
  const watched = await watchFile<readonly ManifestOperation[]>({
    ...{ file, pollMs, absent: undefined },
    read: async (text) => set.read(text),
    use: (operations) => {
      set.use(file, operations);
      tell.used(operations.length);
    },
    onProblem: (problem) => tell.problem('error', `${problem}. ${goesOn}`),
    onGood: tell.good,
  });
  const problem = watched.problem();
  tell.start();
  if (problem === undefined) return watched.close;
  watched.close();
  throw new GatewayError('CONFIGURATION_INVALID', messageOf(file, problem));
}

async function openUrl(set: ManifestSet, source: UrlSource): Promise<() => Promise<void>> {
  // Neither user nor password nor query, which may hold secrets.
  const { origin, pathname } = new URL(source.url);
  const place = origin + pathname;
  const tell = teller(place);
  const { load, close } = openManifestUrl(source);
  let isUsed = false;
  const watched = await watch<string>({
    ...{ pollMs: source.pollMs, load },
    use: async (text) => {
      const operations = await set.read(text);
      set.use(source.url, operations);
      isUsed = true;
      tell.used(operations.length);
    },
    onProblem: (problem) => tell.problem('warn', `${problem}. ${isUsed ? goesOn : unknownYet}`),
    onGood: tell.good,
  });
  const problem = watched.problem();
  tell.start();
  if (problem !== undefined) tell.problem('warn', `${problem}. ${unknownYet}`);
  return async () => {
    watched.close();
    await close();
  };
}

const unknownYet = 'Its documents are not known until it can be had';

interface Teller {
  /** From now on each change is told. */
  readonly start: () => void;
  readonly used: (operations: number) => void;
  readonly problem: (level: NoticeEvent['level'], problem: string) => void;
  readonly good: () => void;
}

function teller(place: string): Teller {
  let hasStarted = false;
  return {
    start: () => {
      hasStarted = true;
    },
    used: (operations) => {
      if (hasStarted) publishNotice({ level: 'info', message: messageOf(place, `trusted operations: ${operations}`) });
    },
    problem: (level, problem) => publishNotice({ level, message: messageOf(place, problem) }),
    good: () => publishNotice({ level: 'info', message: messageOf(place, 'all is good again') }),
  };
}

function messageOf(place: string, what: string): string {
  return `Trusted documents: ${place}: ${what}`;
}
