import { text as readAll } from 'node:stream/consumers';
import type { ApiKeyProviderConfig, IdentityConfig, KeyStoreConfig } from '../config/identity-types.ts';
import { loadGatewayFolder } from '../config/load.ts';
import type { GatewayConfig } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import { readIsoDate } from '../identity/files/iso-date.ts';
import { hashKey, makeKey, type KeyRecord } from '../identity/keys/key-record.ts';
import { openKeyStore, type KeyStore } from '../identity/keys/key-store.ts';
import { hashPassword } from '../identity/passwords/password-hash.ts';
import { revocationKinds } from '../identity/revocations/revocation-list.ts';
import { revoke } from '../identity/revocations/revocations.ts';
import { readDuration } from '../lib/duration.ts';
import { closeRedis, connectRedis, waitForRedis, type Redis } from '../redis/connect.ts';
import { UsageError, type Arguments, type KeyFlag } from './arguments.ts';

interface Verb {
  readonly run: (args: Arguments, word: string) => Promise<void>;
  readonly flags: readonly KeyFlag[];
  /** What must follow the verb. Default: nothing. */
  readonly word?: string;
}

const verbs: Readonly<Record<string, Verb>> = {
  create: { run: createKey, flags: ['owner', 'tier', 'scopes', 'roles', 'expires', 'provider'] },
  revoke: { run: revokeKey, flags: ['provider'], word: 'the id of a key' },
  list: { run: listKeys, flags: ['provider'] },
  'hash-password': { run: printPasswordHash, flags: [] },
  'revoke-token': { run: revokeToken, flags: ['jti', 'subject', 'key', 'until'] },
};

/** `weft keys create|revoke|list|hash-password|revoke-token`, on the stores that gateway.yaml names. */
export async function keys(args: Arguments): Promise<number> {
  const [name = '', ...words] = args.words;
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (verb === undefined) {
    throw new UsageError(
      `expected "keys ${Object.keys(verbs).join('|')}", but got "${['keys', ...args.words].join(' ')}"`,
    );
  }
  if (words.length !== (verb.word === undefined ? 0 : 1)) {
    throw new UsageError(`"weft keys ${name}": expected ${verb.word ?? 'flags alone'}, but got "${words.join(' ')}"`);
  }
  for (const [flag, value] of Object.entries(args.keyFlags)) {
    if (value !== undefined && !verb.flags.some((known) => known === flag)) {
      throw new UsageError(`"weft keys ${name}" takes no --${flag}`);
    }
  }
  await verb.run(args, words[0] ?? '');
  return 0;
}

/** The key stands on standard output alone, so that it can be piped to where it is needed; it is shown this once. */
async function createKey(args: Arguments): Promise<void> {
  const { owner, tier, scopes, roles, expires } = args.keyFlags;
  if (owner === undefined) throw new UsageError('"weft keys create": expected --owner with the name of a consumer');
  const expiresAt = expires === undefined ? undefined : new Date(readMoment('expires', expires)).toISOString();
  await withKeyStore(args, async (store, identity) => {
    requireKnown('owner', owner, identity.consumers);
    if (tier !== undefined) requireKnown('tier', tier, identity.tiers);
    const { id, key } = makeKey();
    const record: KeyRecord = {
      id,
      hash: hashKey(key).toString('base64url'),
      owner,
      ...(tier === undefined ? {} : { tier }),
      scopes: readNames(scopes),
      roles: readNames(roles),
      createdAt: new Date().toISOString(),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    await store.add(record);
    process.stdout.write(`${key}\n`);
    const end = expiresAt === undefined ? 'never expires' : `expires ${expiresAt}`;
    process.stderr.write(`key ${id} of ${owner}, ${end}. It is shown this once: its hash alone is kept\n`);
  });
}

async function revokeKey(args: Arguments, id: string): Promise<void> {
  await withKeyStore(args, async (store) => {
    const record = await store.revoke(id, new Date().toISOString());
    if (record === undefined) throw new GatewayError('BAD_REQUEST', `there is no key with the id "${id}"`);
    process.stdout.write(`key ${id} of ${record.owner}: revoked ${record.revokedAt}\n`);
  });
}

async function listKeys(args: Arguments): Promise<void> {
  await withKeyStore(args, async (store) => {
    const now = Date.now();
    const rows = (await store.list()).map((record) => [
      record.id,
      record.owner,
      record.tier ?? '-',
      record.scopes.join(',') || '-',
      record.roles.join(',') || '-',
      record.createdAt,
      stateOf(record, now),
    ]);
    process.stdout.write(printTable([['ID', 'OWNER', 'TIER', 'SCOPES', 'ROLES', 'CREATED', 'STATE'], ...rows]));
  });
}

function stateOf({ expiresAt, revokedAt }: KeyRecord, now: number): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt}`;
  if (expiresAt === undefined) return 'good';
  return Date.parse(expiresAt) <= now ? `expired ${expiresAt}` : `good until ${expiresAt}`;
}

function printTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** For `passwordHash` of a consumer. Reads standard input: an argument would stay in the shell's history. */
async function printPasswordHash(): Promise<void> {
  if (process.stdin.isTTY)
    process.stderr.write('Type the password, then Enter and Ctrl+D. It can be seen as you type.\n');
  const password = (await readAll(process.stdin)).replace(/\r?\n$/, '');
  if (password === '') throw new UsageError('expected a password on standard input, but got nothing');
  // RFC 7617, 2: no client could send it.
  if (/\p{Cc}/u.test(password)) throw new UsageError('expected a password in one line, but got control characters');
  process.stdout.write(`${await hashPassword(password)}\n`);
}

async function revokeToken({ dir, keyFlags }: Arguments): Promise<void> {
  const given = revocationKinds.flatMap((kind) => {
    const id = keyFlags[kind];
    return id === undefined ? [] : [{ kind, id }];
  });
  const [named] = given;
  if (named === undefined || given.length > 1 || named.id === '') {
    throw new UsageError(
      `"weft keys revoke-token": expected one of --jti, --subject and --key, but got ${given.length}`,
    );
  }
  const until = keyFlags.until === undefined ? Infinity : readMoment('until', keyFlags.until);
  const { gateway } = await loadGatewayFolder(dir, process.env);
  const { revocations } = gateway.identity;
  if (revocations === undefined) throw missing('identity.revocations');
  await withRedis(gateway, revocations.store, async (redis) =>
    revoke(revocations.store, { redis }, { ...named, until }),
  );
  const end = until === Infinity ? 'for ever' : `until ${new Date(until).toISOString()}`;
  process.stdout.write(`${named.kind} ${named.id}: revoked ${end}\n`);
}

async function withKeyStore(
  { dir, keyFlags }: Arguments,
  use: (store: KeyStore, identity: IdentityConfig) => Promise<void>,
): Promise<void> {
  const { gateway } = await loadGatewayFolder(dir, process.env);
  const { identity } = gateway;
  const { store: config, cacheMs } = chooseProvider(identity, keyFlags.provider);
  await withRedis(gateway, config, async (redis) => {
    const store = await openKeyStore(config, { redis, cacheMs });
    try {
      await use(store, identity);
    } finally {
      await store.close();
    }
  });
}

function chooseProvider({ providers }: IdentityConfig, name: string | undefined): ApiKeyProviderConfig {
  const known = providers.filter((provider) => provider.kind === 'api-key');
  const names = known.map((provider) => provider.name).join(', ');
  const [only] = known;
  if (only === undefined) throw missing('a provider of kind api-key');
  if (name === undefined) {
    if (known.length === 1) return only;
    throw new UsageError(`expected --provider with one of: ${names}`);
  }
  const found = known.find((provider) => provider.name === name);
  if (found === undefined) throw new UsageError(`--provider: expected one of: ${names}, but got "${name}"`);
  return found;
}

const connectTimeoutMs = 2000;

/** A connection only where the store needs one. */
async function withRedis(
  { redis: config }: GatewayConfig,
  store: KeyStoreConfig,
  use: (redis: Redis | undefined) => Promise<void>,
): Promise<void> {
  if (store.in === 'file') return use(undefined);
  if (config === undefined) throw missing('redis');
  const redis = connectRedis(config);
  try {
    await waitForRedis(redis, connectTimeoutMs).catch((cause: Error) => {
      throw new GatewayError('IDENTITY_UNAVAILABLE', cause.message, { cause });
    });
    await use(redis);
  } finally {
    await closeRedis(redis);
  }
}

function missing(what: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', `gateway.yaml: expected ${what}, but got none`);
}

function requireKnown(flag: KeyFlag, name: string, known: readonly { readonly name: string }[]): void {
  if (known.some((candidate) => candidate.name === name)) return;
  const names = known.map((candidate) => candidate.name).join(', ');
  throw new UsageError(`--${flag}: expected one of: ${names || '(gateway.yaml has none)'}, but got "${name}"`);
}

function readNames(text: string | undefined): readonly string[] {
  return (text ?? '').split(/[\s,]+/).filter((name) => name !== '');
}

/** A time to come, in milliseconds since 1970: `90d` from now, or an ISO 8601 date. */
function readMoment(flag: KeyFlag, text: string): number {
  const duration = readDuration(text);
  const time = duration === undefined ? readIsoDate(text) : Date.now() + duration;
  // The last moment of which a date can be made.
  if (time !== undefined && time > Date.now() && time <= 8.64e15) return time;
  throw new UsageError(
    `--${flag}: expected a time to come, such as 90d, 2030-12-31 or 2030-12-31T12:00:00Z, but got "${text}"`,
  );
}
