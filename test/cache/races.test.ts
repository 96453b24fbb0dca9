import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { channel, versionKey } from '../../src/cache/redis/keys.ts';
import type { Found } from '../../src/cache/types.ts';
import { startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { entryOf, put, seeded, startInstance, type Instance } from './rig.ts';
import { startSlowProxy, type Piece } from './slow-proxy.ts';

/*
 * Two stores on one Redis, each over a connection that delays each piece at random. What is stored is what was true when
 * the work on it began; what is true of a tag changes, and then the tag is made invalid. The model knows for each tag what
 * had been true when an invalidation was done, so that nothing older may be read by who begins to read after it:
 * on the same instance once it was called, in Redis once it has returned, in another's memory once that has heard of it.
 */

type Truth = Record<string, number>;

const tags = ['User', 'Order', 'Item'];
const keysOfTags = [['User'], ['Order'], ['User', 'Order'], ['Item', 'User'], tags];

interface Player {
  readonly instance: Instance;
  /** By tag, what may be read from here at least, by where it is found. */
  readonly least: { readonly memory: Truth; readonly redis: Truth };
}

class Game {
  readonly truth: Truth = zeros();
  readonly #players: readonly Player[];
  readonly #random: () => number;
  readonly #hearing: Promise<void>[] = [];
  reads = 0;
  hits = 0;

  constructor(instances: readonly Instance[], random: () => number) {
    this.#random = random;
    this.#players = instances.map((instance) => ({ instance, least: { memory: zeros(), redis: zeros() } }));
  }

  async play(steps: number): Promise<void> {
    const hands = this.#players.flatMap((player) => [player, player, player]);
    await Promise.all(hands.map(async (player) => this.#playHand(player, steps)));
    await Promise.all(this.#hearing);
    for (const player of this.#players) {
      for (const key of keysOfTags.keys()) await this.read(player, key);
    }
  }

  async #playHand(player: Player, steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      const roll = this.#random();
      const key = Math.floor(this.#random() * keysOfTags.length);
      if (roll < 0.55) await this.read(player, key);
      else if (roll < 0.85) await this.#work(player, key);
      else await this.#change(player, tags[Math.floor(this.#random() * tags.length)] ?? '');
      if (this.#random() < 0.3) await pause(this.#random() * 4);
    }
  }

  async read({ instance, least }: Player, key: number): Promise<void> {
    const atLeast = { memory: { ...least.memory }, redis: { ...least.redis } };
    const found: Found | undefined = await instance.store.get(`${key}`);
    this.reads += 1;
    if (found === undefined) return;
    this.hits += 1;
    const said = JSON.parse(Buffer.from(found.entry.body).toString()) as Truth;
    for (const tag of keysOfTags[key] ?? []) {
      const had = said[tag] ?? -1;
      const wanted: number = atLeast[found.in][tag] ?? 0;
      assert.ok(
        had >= wanted,
        `${tag} ${had} of key ${key} was read from ${found.in}, but ${wanted} had been invalidated`,
      );
    }
  }

  async #work({ instance: { store } }: Player, key: number): Promise<void> {
    const since = store.stamp();
    const known = JSON.stringify(this.truth);
    await pause(this.#random() * 6);
    store.set(`${key}`, entryOf(known, { tags: keysOfTags[key] ?? [] }), since);
    if (this.#random() < 0.5) await store.written(`${key}`);
  }

  async #change(player: Player, tag: string): Promise<void> {
    const now = (this.truth[tag] = (this.truth[tag] ?? 0) + 1);
    const markers = await this.#placeMarkers(player);
    const done = player.instance.store.invalidate([tag, ...markers.map(({ name }) => name)]);
    raise(player.least.memory, tag, now);
    raise(player.least.redis, tag, now);
    await done;
    for (const { least } of this.#players) raise(least.redis, tag, now);
    for (const { other, name } of markers) {
      const heard = until(() => other.instance.store.get(name) instanceof Promise).then(() =>
        raise(other.least.memory, tag, now),
      );
      this.#hearing.push(heard);
    }
  }

  /** One message has the tag and a marker: who has lost the marker's entry has heard of the tag. */
  async #placeMarkers(player: Player): Promise<readonly { readonly other: Player; readonly name: string }[]> {
    const others = this.#players.filter((other) => other !== player);
    return Promise.all(
      others.map(async (other) => {
        const name = `marker ${this.#random()}`;
        const { store } = other.instance;
        store.set(name, entryOf('', { tags: [name] }), store.stamp());
        // One that is still on its way to Redis is dropped for what it meets there, before the message has come.
        await store.written(name);
        return { other, name };
      }),
    );
  }
}

function zeros(): Truth {
  return Object.fromEntries(tags.map((tag) => [tag, 0]));
}

function raise(truth: Truth, tag: string, to: number): void {
  truth[tag] = Math.max(truth[tag] ?? 0, to);
}

describe('random interleavings', { concurrency: 4 }, () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`no entry is read that was begun before an invalidation that had returned (seed ${seed})`, async (t) => {
      const server = await startRedis();
      t.after(server.close);
      const random = seeded(seed);
      const before = async (): Promise<void> => pause(random() ** 3 * 8);
      const instances = await Promise.all(
        [1, 2].map(async () => {
          const url = await startSlowProxy(t, { url: server.url, before });
          return startInstance(t, { servers: { url } });
        }),
      );
      const game = new Game(instances, random);
      await game.play(60);
      assert.ok(game.hits > game.reads / 20, `${game.hits} of ${game.reads} reads found something`);
      for (const { store } of instances) assert.equal(store.counts().failures, 0);
    });
  }
});

test('an answer of Redis that was overtaken by an invalidation here is not believed', async (t) => {
  const server = await startRedis();
  t.after(server.close);
  const near = await startInstance(t, { servers: { url: server.url } });
  const gate = Promise.withResolvers<void>();
  let [isListening, isAsked] = [false, false];
  // What Redis says of the versions is on its way while the invalidation is made.
  const before = ({ to, text }: Piece): Promise<void> | undefined => {
    if (isListening && to === 'server' && /mget/i.test(text)) isAsked = true;
    return isAsked && to === 'client' ? gate.promise : undefined;
  };
  const far = await startInstance(t, { servers: { url: await startSlowProxy(t, { url: server.url, before }) } });
  await put(near, 'key', entryOf('old', { tags: ['User'] }));
  const reads = async (): Promise<string> => near.redis.info('commandstats');
  const count = async (): Promise<number> => Number(/cmdstat_mget:calls=(\d+)/.exec(await reads())?.[1] ?? 0);
  const first = await count();
  isListening = true;
  const asked = far.store.get('key');
  await until(async () => (await count()) > first);
  void far.store.invalidate(['User']);
  gate.resolve();
  assert.equal(await asked, undefined);
  assert.equal(far.store.counts().entries, 0);
});

test('others are told of an invalidation when Redis has it, not before', async (t) => {
  const server = await startRedis();
  t.after(server.close);
  const near = await startInstance(t, { servers: { url: server.url } });
  const [gate, isHeld] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const before = ({ to, text }: Piece): Promise<void> | undefined => {
    if (to !== 'server' || !text.includes(versionKey('User'))) return undefined;
    isHeld.resolve();
    return gate.promise;
  };
  const far = await startInstance(t, { servers: { url: await startSlowProxy(t, { url: server.url, before }) } });
  const listener = new Redis(server.url);
  t.after(() => listener.disconnect());
  const heard: string[] = [];
  listener.on('message', (_channel, text) => heard.push(text));
  await listener.subscribe(channel);
  const done = far.store.invalidate(['User']);
  await isHeld.promise;
  await near.redis.publish(channel, 'meanwhile');
  await until(() => heard.length > 0);
  gate.resolve();
  await done;
  await until(() => heard.length > 1);
  assert.equal(heard[0], 'meanwhile');
  assert.match(heard[1] ?? '', /"tags":\["User"\]/);
});
