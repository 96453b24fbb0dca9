import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'graphql';
import { compose } from '../src/composition/compose.ts';
import { shopUpstreams, upstreamSchemas } from './shop/schemas.ts';
import type { Question, Reply, Urls } from './upstreams.ts';

/** What all entrants share: upstreams, the supergraph, a folder for files. */
export interface Stage {
  readonly urls: Urls;
  readonly supergraphFile: string;
  /** Makes an empty folder that goes with the stage. */
  readonly makeFolder: () => Promise<string>;
  /** Asks the process of the upstreams. */
  readonly ask: (question: Question) => Promise<Reply>;
  readonly close: () => Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'weft-bench-'));
  const upstreams = fork(fileURLToPath(new URL('upstreams.ts', import.meta.url)));
  const ended = once(upstreams, 'exit').then(([code]) => {
    throw new Error(`the upstreams ended with ${code}`);
  });
  // At the end of the bench nobody waits for it.
  ended.catch(() => {});
  const nextMessage = async <T>(): Promise<T> => ((await Promise.race([once(upstreams, 'message'), ended])) as [T])[0];
  const urls = await nextMessage<Urls>();
  const supergraphFile = join(dir, 'supergraph.graphql');
  await writeFile(supergraphFile, composeShop(urls.shop));
  return {
    urls,
    supergraphFile,
    makeFolder: () => mkdtemp(join(dir, 'entrant-')),
    ask: (question) => {
      const reply = nextMessage<Reply>();
      upstreams.send(question);
      return reply;
    },
    close: async () => {
      upstreams.disconnect();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function composeShop(urls: Readonly<Record<string, string>>): string {
  return compose(
    shopUpstreams.map((name) => ({
      name,
      file: 'bench/shop/schemas.ts',
      sdl: parse(upstreamSchemas[name]),
      url: urls[name] ?? '',
    })),
  );
}
