import { appendFile, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeGatewayFolder } from './gateway-folders.ts';
import type { Options } from './options.ts';
import { freePort } from './running.ts';
import { exchangesOf, loadScenarios } from './scenarios.ts';
import { setStage, type Stage } from './stage.ts';
import { startReceiver, sum, type Receiver } from './telemetry-receiving.ts';
import { telemetryTable, type Cast, type Rounds } from './telemetry-report.ts';
import { off, receiverPathOf, telemetrySetups, type TelemetrySetup } from './telemetry-setups.ts';
import { fireAt, idleOf } from './telemetry-turns.ts';
import { startServer, type Server, type Side } from './turns.ts';
import type { Exchange } from './types.ts';
import { verify } from './verify.ts';

/** What each signal of telemetry costs a request, in processor time of the gateway. */

interface Workload {
  readonly name: 'tiny' | 'hop2';
  /** Spans of one request. */
  readonly spans: number;
  /** Requests before all turns, at the begin of each turn, and of one turn. */
  readonly warmUp: number;
  readonly settle: number;
  readonly slice: number;
}

const workloads: readonly Workload[] = [
  { name: 'tiny', spans: 3, warmUp: 16_000, settle: 100, slice: 300 },
  { name: 'hop2', spans: 4, warmUp: 16_000, settle: 100, slice: 300 },
];

/** Compiled code differs from process to process: the gateway is started afresh so often. */
const casts = { full: 4, quick: 2 } as const;

/** Under half of what was told is not what is measured. */
const leastShare = 0.5;

/** Prints it. Resolves with true. */
export async function measureTelemetry({ quick, rounds }: Options): Promise<boolean> {
  const [stage, receiver] = await Promise.all([setStage(), startReceiver()]);
  const setups = [off, ...telemetrySetups(receiver.url)];
  const measured: Cast[] = [];
  try {
    for (let cast = 0; cast < casts[quick ? 'quick' : 'full']; cast += 1) {
      measured.push(await measureCast({ stage, receiver, setups, rounds }));
    }
    console.log(`\n### Telemetry\n\n${telemetryTable(setups, workloads, measured)}\n\n${await receiver.describe()}`);
    return true;
  } finally {
    receiver.close();
    await stage.close();
  }
}

interface CastParts {
  readonly stage: Stage;
  readonly receiver: Receiver;
  readonly setups: readonly TelemetrySetup[];
  readonly rounds: number;
}

/** One process, in which the setups take turns. */
async function measureCast(parts: CastParts): Promise<Cast> {
  const { stage, receiver, setups, rounds } = parts;
  const gateway = await startSwitched(stage, setups);
  const before = await receiver.received();
  try {
    const figures: Rounds[] = [];
    for (const workload of workloads) figures.push(await takeTurns(gateway, workload, parts));
    const idle: number[] = [];
    for (const setup of setups) {
      await gateway.switchTo(setup);
      idle.push(await idleOf(gateway.server));
    }
    const after = await receiver.received();
    const spans = sum(workloads.map((workload) => workload.spans * workload.slice * rounds));
    for (const setup of setups) {
      const path = receiverPathOf(setup) ?? '';
      proveTraced(setup, spans, (after[path]?.spans ?? 0) - (before[path]?.spans ?? 0));
    }
    return { figures, idle };
  } finally {
    await gateway.server.stop();
  }
}

/** Another setup first in each round. */
async function takeTurns(gateway: Switched, workload: Workload, { setups, rounds }: CastParts): Promise<Rounds> {
  const { name, warmUp, settle, slice } = workload;
  const side = await sideOf(gateway.server, await exchangesOfScenario(name));
  for (const setup of setups) {
    await gateway.switchTo(setup);
    await fireAt(side, Math.ceil(warmUp / setups.length));
  }
  const us = setups.map((): number[] => []);
  const begun = await gateway.written();
  for (let round = 0; round < rounds; round += 1) {
    for (const turn of setups.keys()) {
      const at = (turn + round) % setups.length;
      const setup = setups[at] ?? off;
      await gateway.switchTo(setup);
      await fireAt(side, settle);
      us[at]?.push(await fireAt(side, slice));
      await proveCounted(gateway, setup, slice);
    }
  }
  await proveWritten(
    gateway,
    begun,
    setups.filter(({ proofs = [] }) => proofs.includes('lines')).length * slice * rounds,
  );
  return us;
}

/** A gateway whose telemetry is switched while it runs. */
interface Switched {
  readonly server: Server;
  readonly switchTo: (setup: TelemetrySetup) => Promise<void>;
  readonly counted: () => Promise<number>;
  /** Lines of requests in its log. */
  readonly written: () => Promise<number>;
}

async function startSwitched(stage: Stage, setups: readonly TelemetrySetup[]): Promise<Switched> {
  const folders = new Map<TelemetrySetup, string>();
  for (const setup of setups) folders.set(setup, await folderOf(stage, setup));
  const dir = folders.get(off) ?? '';
  const [logFile, controlPort] = [join(dir, 'stdout.log'), await freePort()];
  const file = await open(logFile, 'a');
  const script = fileURLToPath(new URL('telemetry-gateway.ts', import.meta.url));
  const command = (port: number) => ({ args: [script, dir, `${port}`, `${controlPort}`], cwd: dir, path: '' });
  const server = await startServer(command, isReady, { stdout: file.fd });
  await file.close();
  const ask = async (target: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${controlPort}${target}`)).text();
  return {
    server,
    switchTo: async (setup) => {
      await ask(`/?dir=${encodeURIComponent(folders.get(setup) ?? dir)}`);
    },
    counted: async () => {
      const counts = (await ask('/metrics')).matchAll(
        /^http_server_request_duration_seconds_count\{lane="graphql".*\} (\d+)$/gm,
      );
      return sum([...counts].map(([, count]) => Number(count)));
    },
    written: async () => (await readFile(logFile, 'utf8')).split('"msg":"request"').length - 1,
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`)).ok;
  } catch {
    return false;
  }
}

async function folderOf(stage: Stage, setup: TelemetrySetup): Promise<string> {
  const folder = await stage.makeFolder();
  await writeGatewayFolder.shop(folder, { engine: 'compiled', sharing: false, urls: stage.urls.shop });
  // JSON is YAML, also without its braces.
  const keys = Object.entries(setup.gateway).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  await appendFile(join(folder, 'gateway.yaml'), keys.join(''));
  return folder;
}

async function exchangesOfScenario(name: string): Promise<readonly Exchange[]> {
  const scenario = (await loadScenarios()).find((one) => one.name === name);
  return scenario ? exchangesOf(scenario) : [];
}

/** @throws {Error} where the gateway does not answer right. */
async function sideOf(server: Server, exchanges: readonly Exchange[]): Promise<Side> {
  const path = '/graphql';
  return { server, path, shots: await verify(`${server.running.url}${path}`, exchanges) };
}

/** Longest time that lines of the log are gathered, and some more. */
const gatherMs = 400;

/** @throws {Error} where fewer requests were counted than were sent. */
async function proveCounted(gateway: Switched, { title, proofs = [] }: TelemetrySetup, slice: number): Promise<void> {
  if (!proofs.includes('metrics')) return;
  const counted = await gateway.counted();
  if (counted < slice)
    throw new Error(`${title}: expected ${slice} requests at least, but ${counted} are in its metrics`);
}

/** @throws {Error} where fewer lines were written than requests sent. */
async function proveWritten(gateway: Switched, begun: number, expected: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, gatherMs));
  const written = (await gateway.written()) - begun;
  if (written < expected) throw new Error(`expected ${expected} lines at least, but ${written} are in the log`);
}

/** @param spans Of all requests, were all sampled. */
function proveTraced({ title, sampled }: TelemetrySetup, spans: number, told: number): void {
  if (sampled === undefined) return;
  const expected = spans * sampled;
  const shown = `${title}: expected some ${Math.round(expected)} spans, but ${told} came`;
  if (told < expected * leastShare) throw new Error(shown);
  if (told < expected * 0.9) console.log(`- ${shown}: the rest had no room in the queue`);
}
