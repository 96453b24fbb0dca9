import assert from 'node:assert/strict';
import type { OutgoingHttpHeaders } from 'node:http';
import { describe, test } from 'node:test';
import type { RouteCacheConfig } from '../../src/config/cache-types.ts';
import { startCachedRoutes, startTime, type CachedRoutes } from './cached-routes.ts';
import type { FakeAnswer, FakeUpstream } from './fake-upstream.ts';
import { ask, type Answer } from './passthrough-gateway.ts';

/** One request, and what it must come to. */
export interface Step {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly sends?: string;
  /** Seconds that pass before it. */
  readonly after?: number;
  /** Which answer of the upstream the client gets, counted from 1; 0: no body. */
  readonly gets?: number;
  readonly status?: number;
  readonly is?: 'hit' | 'miss' | 'stale' | 'bypass';
  /** Fields of the answer; undefined: not there. */
  readonly has?: Readonly<Record<string, string | undefined>>;
  /** Fields of the last call to the upstream. */
  readonly asks?: Readonly<Record<string, string | undefined>>;
  /** How many calls the upstream has had by now. */
  readonly calls: number;
}

export interface Case {
  readonly name: string;
  readonly config?: Partial<RouteCacheConfig>;
  /** The upstream's in turn; the last one stands for all that follow. */
  readonly answers: readonly FakeAnswer[];
  readonly steps: readonly Step[];
}

export const fresh = (more: OutgoingHttpHeaders = {}): FakeAnswer => ({
  headers: { 'cache-control': 'max-age=60', ...more },
});
export const saying = (cacheControl: string, more: OutgoingHttpHeaders = {}): FakeAnswer =>
  fresh({ 'cache-control': cacheControl, ...more });
export const httpDate = (seconds: number): string => new Date(startTime + seconds * 1000).toUTCString();
export const bearer = { authorization: 'Bearer a' };
export const tag = '"v1"';
export const notModified = (more: OutgoingHttpHeaders = {}): FakeAnswer => ({ status: 304, headers: more });
export const down: FakeAnswer = { status: 503 };

async function take(gateway: CachedRoutes, step: Step): Promise<Answer> {
  const { method = 'GET', path = '/1', headers = {}, sends } = step;
  return ask(`${gateway.url}/api/users${path}`, {
    method,
    headers: { 'weft-cache': 'true', ...headers },
    ...(sends !== undefined && { body: sends }),
  });
}

function check(step: Step, answer: Answer, { fake, at }: { readonly fake: FakeUpstream; readonly at: string }): void {
  assert.equal(fake.requests.length, step.calls, `${at}: calls`);
  assert.equal(answer.status, step.status ?? 200, `${at}: status`);
  if (step.gets !== undefined) assert.equal(answer.body, step.gets === 0 ? '' : `answer ${step.gets}`, at);
  if (step.is !== undefined) assert.equal(answer.headers['x-cache'], step.is, at);
  const last = fake.requests.at(-1)?.headers;
  for (const [name, value] of Object.entries(step.has ?? {})) {
    assert.equal(answer.headers[name]?.toString(), value, `${at}: ${name}`);
  }
  for (const [name, value] of Object.entries(step.asks ?? {})) assert.equal(last?.[name], value, `${at}: ${name}`);
}

/** A test of each, against a real upstream and a route that keeps answers: in a store that knows at once, and one that asks. */
export function testCases(cases: readonly Case[]): void {
  describe('in memory', () => testIn(cases, false));
  describe('in a store that has to ask', () => testIn(cases, true));
}

function testIn(cases: readonly Case[], hasRemoteStore: boolean): void {
  for (const { name, config = {}, answers, steps } of cases) {
    test(name, async (t) => {
      const gateway: CachedRoutes = await startCachedRoutes(
        t,
        () => {
          const count = gateway.fake.requests.length;
          return { body: `answer ${count}`, ...answers[Math.min(count, answers.length) - 1] };
        },
        { config, hasRemoteStore },
      );
      for (const [index, step] of steps.entries()) {
        gateway.pass(step.after ?? 0);
        const answer = await take(gateway, step);
        check(step, answer, { fake: gateway.fake, at: `step ${index + 1}` });
      }
    });
  }
}
