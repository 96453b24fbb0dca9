import { demoUsers, timeOfNew } from './data.ts';
import { isObject, isText, readObject } from './read.ts';
import { refuseInvalid, Refusal } from './refusal.ts';
import type { Address, User, UserStatus } from './shapes.ts';

export const userStatuses: readonly UserStatus[] = ['active', 'invited', 'suspended'];
const pageSize = 20;

export interface UserPage {
  readonly items: readonly User[];
  /** Number of the next page. */
  readonly next: number | null;
}

const isStatus = (value: unknown): value is UserStatus => userStatuses.some((status) => status === value);

const isAddress = (value: unknown): value is Address =>
  isObject(value) && isText(value['street']) && isText(value['city']) && isText(value['postal_code']);

const isMissing = (value: unknown): boolean => value === undefined;

/** What is wrong with the fields that are there, by name. */
function problemsOf(body: Readonly<Record<string, unknown>>): Record<string, string> {
  const { full_name, email, status, address } = body;
  const checks: readonly (readonly [string, boolean, string])[] = [
    ['full_name', isMissing(full_name) || isText(full_name), 'must not be empty'],
    ['email', isMissing(email) || /^[^\s@]+@[^\s@]+$/.test(String(email)), 'must be an address like name@host'],
    ['status', isMissing(status) || isStatus(status), `must be one of ${userStatuses.join(', ')}`],
    ['address', address == null || isAddress(address), 'must have a street, a city and a postal_code'],
  ];
  return Object.fromEntries(checks.filter(([, fits]) => !fits).map(([field, , problem]) => [field, problem]));
}

function pickAddress(value: unknown): Address | null {
  return isAddress(value) ? { street: value.street, city: value.city, postal_code: value.postal_code } : null;
}

/** The accounts of one server. */
export class UserStore {
  readonly #users: User[] = [...demoUsers()];

  one(id: number): User | undefined {
    return this.#users[id - 1];
  }

  /** In the order of `ids`; unknown ones are left out. */
  many(ids: readonly number[]): User[] {
    return [...new Set(ids)].flatMap((id) => this.one(id) ?? []);
  }

  /** Twenty users by id; `page` is 1 or more. Beyond the last page there are none. */
  page(status: UserStatus | undefined, page: number): UserPage {
    const chosen = status === undefined ? this.#users : this.#users.filter((user) => user.status === status);
    const end = page * pageSize;
    return { items: chosen.slice(end - pageSize, end), next: end < chosen.length ? page + 1 : null };
  }

  /** @throws {Refusal} 400, 422 with `fields`, 409 when the email is in use. */
  create(input: unknown): User {
    const body = readObject(input);
    const { full_name, email, address } = body;
    const problems = problemsOf({ full_name: full_name ?? '', email: email ?? '', address });
    refuseInvalid('user', problems);
    this.#refuseTaken(String(email), 0);
    const user: User = {
      user_id: this.#users.length + 1,
      full_name: String(full_name),
      email: String(email).toLowerCase(),
      status: 'invited',
      created_at: timeOfNew(this.#users.length - demoUsers().length),
      unread_count: 0,
      address: pickAddress(address),
    };
    this.#users.push(user);
    return user;
  }

  /**
   * Changes the fields that are there; `undefined` for an unknown user.
   *
   * @throws {Refusal} 400, 422 with `fields`, 409 when the email is in use.
   */
  patch(id: number, input: unknown): User | undefined {
    const user = this.one(id);
    if (user === undefined) return undefined;
    const body = readObject(input);
    refuseInvalid('change', problemsOf(body));
    const { full_name = user.full_name, email = user.email, status = user.status, address = user.address } = body;
    this.#refuseTaken(String(email), id);
    const changed: User = {
      ...user,
      full_name: String(full_name),
      email: String(email).toLowerCase(),
      status: isStatus(status) ? status : user.status,
      address: pickAddress(address),
    };
    this.#users[id - 1] = changed;
    return changed;
  }

  #refuseTaken(email: string, exceptId: number): void {
    const owner = this.#users.find((user) => user.email === email.toLowerCase());
    if (owner !== undefined && owner.user_id !== exceptId) {
      throw new Refusal(409, 'conflict', `The email ${email} is in use.`);
    }
  }
}
