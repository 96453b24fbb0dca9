import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { BasicProviderConfig, ConsumerConfig } from '../../config/identity-types.ts';
import { GatewayError } from '../../errors.ts';
import { Semaphore } from '../../lib/semaphore.ts';
import { TurnoverMap } from '../../lib/turnover-map.ts';
import { afterScheme, headerValues } from '../credentials.ts';
import { dummyHash, readPasswordHash, verifyPassword, type PasswordHash } from './password-hash.ts';
import type { Identity, IdentityRequest, Provider } from '../types.ts';

// Half of the four threads on which Node.js hashes, and also reads files and resolves names: those must not wait.
const verificationsAtOnce = 2;
const maxVerifications = 32;
const keptForMs = 60_000;
const maxKept = 10_000;
const maxKeptWrong = 1000;
const maxCredentials = 2048;

interface User {
  readonly hash: PasswordHash;
  readonly identity: Identity;
}

interface UserPass {
  readonly name: string;
  readonly password: string;
}

/**
 * User names and passwords of HTTP Basic; the users are the consumers that have a `passwordHash`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617 | RFC 7617}
 * @throws {GatewayError} `CONFIGURATION_INVALID` for a hash that cannot be read.
 */
export function createBasicProvider(config: BasicProviderConfig, consumers: readonly ConsumerConfig[]): Provider {
  const verifier = new Verifier(readUsers(config.name, consumers));
  return {
    name: config.name,
    places: { headers: ['authorization'], cookies: [], queryParameters: [] },
    hidesCredentials: config.hidesCredentials,
    challenge: `Basic realm="${config.realm.replaceAll(/["\\]/g, '\\$&')}", charset="UTF-8"`,
    identify: (request) => {
      const credentials = readCredentials(request);
      return credentials === undefined ? undefined : verifier.verify(credentials);
    },
    close: async () => {},
  };
}

function readUsers(provider: string, consumers: readonly ConsumerConfig[]): ReadonlyMap<string, User> {
  const users = new Map<string, User>();
  for (const { name, passwordHash } of consumers) {
    if (passwordHash === undefined) continue;
    const identity: Identity = Object.freeze({
      provider,
      subject: name,
      consumerKeys: Object.freeze([`user:${name}`]),
      scopes: Object.freeze([]),
      roles: Object.freeze([]),
      claims: Object.freeze({ sub: name }),
    });
    users.set(name.normalize('NFC'), { hash: readPasswordHash(passwordHash, `consumer "${name}"`), identity });
  }
  return users;
}

/** Verifies each pair of name and password once, and remembers what came of it without remembering the password. */
class Verifier {
  readonly #users: ReadonlyMap<string, User>;
  readonly #dummies: readonly PasswordHash[];
  // Whoever reads our memory finds no hash that could be tried through without this.
  readonly #secret = randomBytes(32);
  readonly #right = new LRUCache<string, Identity>({ max: maxKept, ttl: keptForMs });
  // A client that repeats a wrong password must not spend our CPU each time.
  readonly #wrong = new LRUCache<string, true>({ max: maxKeptWrong, ttl: keptForMs });
  readonly #verifying = new TurnoverMap<string, Promise<Identity>>();
  readonly #semaphore = new Semaphore(verificationsAtOnce);

  constructor(users: ReadonlyMap<string, User>) {
    this.#users = users;
    this.#dummies = [...users.values()].map(({ hash }) => dummyHash(hash));
  }

  verify(credentials: string): Identity | Promise<Identity> {
    const key = createHmac('sha256', this.#secret).update(credentials).digest('base64');
    const known = this.#right.get(key);
    if (known !== undefined) return known;
    const userPass = readUserPass(credentials);
    if (this.#wrong.has(key)) throw wrong();
    return this.#verifying.get(key) ?? this.#start(key, userPass);
  }

  #start(key: string, userPass: UserPass): Promise<Identity> {
    if (this.#verifying.size >= maxVerifications) {
      throw new GatewayError('IDENTITY_UNAVAILABLE', `Basic: ${maxVerifications} passwords are being verified already`);
    }
    const verifying = this.#semaphore
      .run(async () => this.#run(key, userPass))
      .finally(() => this.#verifying.delete(key));
    this.#verifying.set(key, verifying);
    return verifying;
  }

  async #run(key: string, { name, password }: UserPass): Promise<Identity> {
    const user = this.#users.get(name);
    // A name that nobody has costs what one of the known ones costs, and ends alike: the difference, in time or in code,
    // would tell who exists.
    const hash = user?.hash ?? this.#dummyOf(name);
    const isRight = hash !== undefined && (await verifyPassword(password, hash));
    if (user === undefined || !isRight) {
      this.#wrong.set(key, true);
      throw wrong();
    }
    this.#right.set(key, user.identity);
    return user.identity;
  }

  /** Always the same one for a name, as each known name has one of its own. Undefined without users. */
  #dummyOf(name: string): PasswordHash | undefined {
    const number = createHmac('sha256', this.#secret).update(`name ${name}`).digest().readUInt32BE();
    return this.#dummies[number % this.#dummies.length];
  }
}

/** What stands after `Basic`; undefined where nothing does. */
function readCredentials(request: IdentityRequest): string | undefined {
  let found: string | undefined;
  for (const value of headerValues(request, 'authorization')) {
    const credentials = afterScheme(value, 'Basic');
    if (credentials === undefined) continue;
    if (found !== undefined && found !== credentials) {
      throw new GatewayError('CREDENTIALS_CONFLICT', 'Expected one credential, but got several that differ.');
    }
    found = credentials;
  }
  return found;
}

const token68 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
// oxlint-disable-next-line no-control-regex -- RFC 7617, 2: neither name nor password may hold control characters.
const controls = /[\u0000-\u001f\u007f]/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @see {@link https://www.rfc-editor.org/rfc/rfc7617#section-2 | RFC 7617, 2} */
function readUserPass(credentials: string): UserPass {
  if (credentials.length > maxCredentials) throw malformed(`${maxCredentials} characters at most`, 'more');
  if (!token68.test(credentials)) throw malformed('base64', 'another text');
  let text: string;
  try {
    text = utf8.decode(Buffer.from(credentials, 'base64'));
  } catch {
    throw malformed('UTF-8 in base64', 'other bytes');
  }
  const colon = text.indexOf(':');
  if (colon < 0) throw malformed('a user name and a password with a colon between', 'no colon');
  if (controls.test(text)) throw malformed('no control characters', 'some');
  return { name: text.slice(0, colon).normalize('NFC'), password: text.slice(colon + 1) };
}

function malformed(expected: string, got: string): GatewayError {
  return new GatewayError('CREDENTIALS_MALFORMED', `Basic: Expected ${expected}, but got: ${got}.`);
}

function wrong(): GatewayError {
  return new GatewayError('CREDENTIALS_INVALID', 'The user name or the password is wrong.');
}
