import * as crypto from 'node:crypto';
import { promisify } from 'node:util';
import { GatewayError } from '../../errors.ts';

/**
 * Hashes of passwords as PHC strings: `$argon2id$v=19$m=65536,t=3,p=1$<salt>$<hash>` and `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`,
 * salt and hash in base64 without padding.
 *
 * @see {@link https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md | PHC string format}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9106 | RFC 9106, Argon2}
 */
export type PasswordHash = {
  readonly salt: Buffer;
  readonly hash: Buffer;
} & (
  | { readonly algorithm: 'argon2id'; readonly memoryKiB: number; readonly passes: number; readonly lanes: number }
  | { readonly algorithm: 'scrypt'; readonly logN: number; readonly blockSize: number; readonly lanes: number }
);

// RFC 9106, 4: the second recommended option has 64 MiB and three passes; one lane, as others verify at the same time.
const defaults = { algorithm: 'argon2id', memoryKiB: 65_536, passes: 3, lanes: 1 } as const;
const saltBytes = 16;
const hashBytes = 32;

// Above this one verification would be an attack on the gateway itself.
const maxMemoryKiB = 1024 * 1024;
const maxPasses = 64;
const maxLanes = 64;

const form = /^\$(argon2id|scrypt)\$(?:v=(\d{1,3})\$)?([a-z]+=\d{1,8}(?:,[a-z]+=\d{1,8})*)\$([\w+/]+)\$([\w+/]+)$/;

/**
 * Reads a PHC string. `whose` names it in messages, which hold nothing of the text.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for another form or algorithm, for bounds that are passed, and for argon2id
 *   where this Node.js has none.
 */
export function readPasswordHash(text: string, whose: string): PasswordHash {
  const match = form.exec(text);
  const [, algorithm, version, parameters = '', salt64 = '', hash64 = ''] = match ?? [];
  const [salt, hash] = [Buffer.from(salt64, 'base64'), Buffer.from(hash64, 'base64')];
  if (match === null || salt.length < 8 || salt.length > 64 || hash.length < 16 || hash.length > 128) {
    throw invalid(whose, 'a PHC string of argon2id or scrypt, as "weft keys hash-password" prints it', 'another text');
  }
  const numbers = new URLSearchParams(parameters.replaceAll(',', '&'));
  const read = (name: string, max: number): number => {
    const number = Number(numbers.get(name) ?? NaN);
    if (number >= 1 && number <= max) return number;
    throw invalid(whose, `"${name}" from 1 to ${max}`, numbers.get(name) ?? 'none');
  };
  if (algorithm === 'argon2id') {
    requireArgon2(whose);
    if (version !== '19') throw invalid(whose, 'argon2id of version 19', version ?? 'none');
    const [memoryKiB, passes, lanes] = [read('m', maxMemoryKiB), read('t', maxPasses), read('p', maxLanes)];
    if (memoryKiB < 8 * lanes) throw invalid(whose, `"m" of 8 times "p" or more`, String(memoryKiB));
    return { algorithm, memoryKiB, passes, lanes, salt, hash };
  }
  const [logN, blockSize, lanes] = [read('ln', 30), read('r', 1024), read('p', maxLanes)];
  if (scryptBytes(logN, blockSize, lanes) > maxMemoryKiB * 1024) {
    throw invalid(whose, 'scrypt of 1 GiB of memory at most', `ln=${logN},r=${blockSize},p=${lanes}`);
  }
  return { algorithm: 'scrypt', logN, blockSize, lanes, salt, hash };
}

/** Makes a PHC string of argon2id with a new salt. @throws {GatewayError} `CONFIGURATION_INVALID` without argon2. */
export async function hashPassword(password: string): Promise<string> {
  requireArgon2('a new hash');
  const salt = crypto.randomBytes(saltBytes);
  const hash = await derive(password, { ...defaults, salt, hash: Buffer.alloc(hashBytes) });
  const { memoryKiB, passes, lanes } = defaults;
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Whether a password is the one of a hash; takes the same time whether it is or not. Costly on purpose: 0.1 s and more. */
export async function verifyPassword(password: string, expected: PasswordHash): Promise<boolean> {
  return crypto.timingSafeEqual(await derive(password, expected), expected.hash);
}

/** A hash that costs what `like` costs and that no password has. */
export function dummyHash(like: PasswordHash): PasswordHash {
  return { ...like, salt: crypto.randomBytes(like.salt.length), hash: crypto.randomBytes(like.hash.length) };
}

async function derive(password: string, how: PasswordHash): Promise<Buffer> {
  // RFC 8265, 4.2: letters that look the same are the same, however a keyboard composes them.
  const message = password.normalize('NFC');
  const { salt, lanes } = how;
  const length = how.hash.length;
  if (how.algorithm === 'argon2id') {
    const { memoryKiB: memory, passes } = how;
    return promisify(crypto.argon2)('argon2id', {
      message,
      nonce: salt,
      parallelism: lanes,
      tagLength: length,
      memory,
      passes,
    });
  }
  const { logN, blockSize } = how;
  // Node.js refuses what needs as much as `maxmem`.
  const maxmem = scryptBytes(logN, blockSize, lanes) + 1024 * 1024;
  return new Promise((resolve, reject) => {
    const options = { N: 2 ** logN, r: blockSize, p: lanes, maxmem };
    crypto.scrypt(message, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc7914#section-6 | RFC 7914, 6} */
function scryptBytes(logN: number, blockSize: number, lanes: number): number {
  return 128 * blockSize * (2 ** logN + lanes + 2);
}

function requireArgon2(whose: string): void {
  if (typeof crypto.argon2 === 'function') return;
  throw invalid(whose, 'Node.js 24.7 or later for argon2id', process.version);
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

function invalid(whose: string, expected: string, got: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', `Password hash of ${whose}: expected ${expected}, but got: ${got}`);
}
