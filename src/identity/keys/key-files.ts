import { readJson } from '../../lib/read-json.ts';
import { readList, readObject } from '../files/json-file.ts';
import { readKeyRecord, type KeyRecord } from './key-record.ts';
import type { KeyStore } from './key-store.ts';
import { updateFile } from '../files/update-file.ts';
import { watchFile } from '../files/watched-file.ts';

export interface KeyFileOptions {
  /** Absolute path. One that is not there means that there are no keys. */
  readonly file: string;
  /** Time between two looks at the file, in milliseconds. Default 1 s. */
  readonly pollMs?: number;
}

/**
 * Keys in one JSON file, `{ "keys": [...] }`, that is read anew when it changes.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` where the file cannot be read at first.
 */
export async function openKeyFile({ file, pollMs = 1000 }: KeyFileOptions): Promise<KeyStore> {
  let byHash: ReadonlyMap<string, KeyRecord> = new Map();
  const watched = await watchFile<readonly KeyRecord[]>({
    file,
    what: 'API keys',
    pollMs,
    read: readKeys,
    absent: [],
    use: (records) => {
      byHash = new Map(records.map((record) => [record.hash, sameAsBefore(byHash.get(record.hash), record)]));
    },
  });
  const update = async (change: (records: readonly KeyRecord[]) => readonly KeyRecord[]): Promise<void> => {
    await updateFile(file, (text) => printKeys(change(text === undefined ? [] : readKeys(text))));
    await watched.look();
  };
  return {
    find: (hash) => byHash.get(hash),
    add: async (record) => update((records) => [...records, record]),
    revoke: async (id, at) => {
      let revoked: KeyRecord | undefined;
      await update((records) =>
        records.map((record) => {
          if (record.id !== id) return record;
          revoked = record.revokedAt === undefined ? { ...record, revokedAt: at } : record;
          return revoked;
        }),
      );
      return revoked;
    },
    list: async () => [...byHash.values()],
    close: async () => watched.close(),
  };
}

/** Whoever holds the former object knows by it that nothing has changed. */
function sameAsBefore(former: KeyRecord | undefined, record: KeyRecord): KeyRecord {
  return former !== undefined && JSON.stringify(former) === JSON.stringify(record) ? former : record;
}

/** @throws {TypeError | SyntaxError} that says what is wrong and where. */
function readKeys(text: string): readonly KeyRecord[] {
  const { keys } = readObject(readJson(text), 'the file', ['keys']);
  const records = readList(keys, 'keys').map((value, index) => readKeyRecord(value, `keys[${index}]`));
  const ids = new Set<string>();
  const hashes = new Set<string>();
  for (const [index, { id, hash }] of records.entries()) {
    if (ids.has(id) || hashes.has(hash))
      throw new TypeError(`keys[${index}]: expected a key of its own, but got one twice: ${id}`);
    ids.add(id);
    hashes.add(hash);
  }
  return records;
}

function printKeys(keys: readonly KeyRecord[]): string {
  return `${JSON.stringify({ keys }, null, 2)}\n`;
}
