import { readJson } from '../../lib/read-json.ts';
import { readIsoDate } from '../files/iso-date.ts';
import { readDateText, readList, readObject, readText } from '../files/json-file.ts';

/** What a revocation names: `jti` of tokens, `sub` of tokens and names of users, ids of API keys and fingerprints of certificates. */
export const revocationKinds = ['jti', 'subject', 'key'] as const;

export type RevocationKind = (typeof revocationKinds)[number];

export interface Revocation {
  readonly kind: RevocationKind;
  readonly id: string;
  /** When it needs no longer be known, as whatever it names has expired; milliseconds since 1970. Infinity: never. */
  readonly until: number;
}

/** By kind and id: until when. */
export type RevocationList = Readonly<Record<RevocationKind, ReadonlyMap<string, number>>>;

export function listRevocations(revocations: Iterable<Revocation>): RevocationList {
  const list = { jti: new Map<string, number>(), subject: new Map<string, number>(), key: new Map<string, number>() };
  for (const { kind, id, until } of revocations) list[kind].set(id, Math.max(until, list[kind].get(id) ?? 0));
  return list;
}

/**
 * The text of a revocation file: `{ "jti": ["a", { "id": "b", "until": "2026-12-31" }], "subject": [], "key": [] }`; a list may
 * be absent.
 *
 * @throws {TypeError | SyntaxError} that says what is wrong and where.
 */
export function readRevocationFile(text: string): readonly Revocation[] {
  const lists = readObject(readJson(text), 'the file', revocationKinds);
  return revocationKinds.flatMap((kind) =>
    readList(lists[kind] ?? [], kind).map((value, index) => readEntry(kind, value, `${kind}[${index}]`)),
  );
}

function readEntry(kind: RevocationKind, value: unknown, place: string): Revocation {
  if (typeof value === 'string') return { kind, id: readText(value, place), until: Infinity };
  const { id, until } = readObject(value, place, ['id', 'until']);
  const date = until === undefined ? undefined : readIsoDate(readDateText(until, `${place}.until`));
  return { kind, id: readText(id, `${place}.id`), until: date ?? Infinity };
}

/** The text of a revocation file, which `readRevocationFile` reads back. */
export function printRevocationFile(revocations: readonly Revocation[]): string {
  const lists = revocationKinds.map((kind) => {
    const entries = revocations.filter((revocation) => revocation.kind === kind);
    return [
      kind,
      entries.map(({ id, until }) => (until === Infinity ? id : { id, until: new Date(until).toISOString() })),
    ];
  });
  return `${JSON.stringify(Object.fromEntries(lists), null, 2)}\n`;
}
