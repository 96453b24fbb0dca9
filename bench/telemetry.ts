import { appendFile, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeGatewayFolder } from './gateway-folders.ts';
import type { Options } from './options.ts';
import { exchangesOf, loadScenarios } from './scenarios.ts';
import { setStage, type Stage } from './stage.ts';
import { startReceiver, sum, type ReceivedByPath, type Receiver } from './telemetry-receiving.ts';
import { telemetryTable, type Cast, type Rounds } from './telemetry-report.ts';
import { off, receiverPathOf, telemetrySetups, type TelemetrySetup } from './telemetry-setups.ts';
import { fireAt, idleOf, takeTurnsOfAll } from './telemetry-turns.ts';
import { startGateway, type Server, type Side } from './turns.ts';
import type { Exchange } from './types.ts';
import { verify } from './verify.ts';

/** What each signal of telemetry costs a request, in processor time of the gateway. */

interface Workload {
  readonly name: 'tiny' | 'hop2';
  /** Spans of one request. */
  readonly spans: number;
  /** Requests before, and of one turn. */
  readonly warmUp: number;
  readonly slice: number;
}

/** Two processes of one gateway are never quite alike: `casts` times all are started afresh. */
const amounts: Readonly<Record<'full' | 'quick', { readonly casts: number; readonly workloads: readonly Workload[] }>> =
  {
    full: {
      casts: 4,
      workloads: [
        { name: 'tiny', spans: 3, warmUp: 6000, slice: 2000 },
        { name: 'hop2', spans: 4, warmUp: 6000, slice: 1300 },
      ],
    },
    quick: {
      casts: 1,
      workloads: [
        { name: 'tiny', spans: 3, warmUp: 5000, slice: 2000 },
        { name: 'hop2', spans: 4, warmUp: 4000, slice: 1300 },
      ],
    },
  };

/** Time in which it is seen what a gateway takes without requests. */
const idleMs = 1000;

/** Under half of what was told is not what is measured. */
const leastShare = 0.5;

/** Prints it. Resolves with true. */
export async function measureTelemetry({ quick, rounds }: Options): Promise<boolean> {
  const { casts, workloads } = amounts[quick ? 'quick' : 'full'];
  const [stage, receiver] = await Promise.all([setStage(), startReceiver()]);
  const setups = [off, ...telemetrySetups(receiver.url)];
  const measured: Cast[] = [];
  try {
    for (let cast = 0; cast < casts; cast += 1) {
      measured.push(await measureCast({ stage, receiver, setups, workloads, rounds }));
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
  readonly workloads: readonly Workload[];
  readonly rounds: number;
}

/** All gateways started once. */
async function measureCast({ stage, receiver, setups, workloads, rounds }: CastParts): Promise<Cast> {
  const before = await receiver.received();
  const players: Player[] = [];
  const figures: Rounds[] = [];
  let idle: readonly number[] = [];
  try {
    for (const setup of setups) players.push(await startPlayer(stage, setup));
    const shown = await Promise.all(workloads.map(({ name }) => exchangesOfScenario(name)));
    for (const [index, { warmUp, slice }] of workloads.entries()) {
      const sides: Side[] = [];
      for (const { server } of players) sides.push(await sideOf(server, shown[index] ?? []));
      for (const side of sides) await fireAt(side, warmUp);
      figures.push(await takeTurnsOfAll(sides, { slice, rounds }));
      idle = await idleOf(sides, () => wait(idleMs));
    }
    const sent = workloads.map(({ warmUp, slice }) => warmUp + slice * rounds);
    for (const player of players) await proveCounted(player, sum(sent));
    const spans = sum(workloads.map((workload, index) => workload.spans * (sent[index] ?? 0)));
    const after = await receiver.received();
    for (const { setup } of players) proveTraced(setup, spans, { before, after });
    return { figures, idle };
  } finally {
    for (const { server } of players) await server.stop();
  }
}

interface Player {
  readonly setup: TelemetrySetup;
  readonly server: Server;
  /** What its standard output goes to. */
  readonly logFile: string;
}

async function startPlayer(stage: Stage, setup: TelemetrySetup): Promise<Player> {
  const folder = await stage.makeFolder();
  await writeGatewayFolder.shop(folder, { engine: 'compiled', sharing: false, urls: stage.urls.shop });
  // JSON is YAML, also without its braces.
  const keys = Object.entries(setup.gateway).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  await appendFile(join(folder, 'gateway.yaml'), keys.join(''));
  const logFile = join(folder, 'stdout.log');
  const file = await open(logFile, 'a');
  try {
    return { setup, server: await startGateway(folder, file.fd), logFile };
  } finally {
    await file.close();
  }
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

/** @throws {Error} where fewer requests were counted, or written, than were sent. */
async function proveCounted({ setup, server, logFile }: Player, sent: number): Promise<void> {
  const { title, proofs = [] } = setup;
  for (const proof of proofs) {
    const told = await (proof === 'metrics' ? countedRequests(server) : countedLines(logFile));
    if (told < sent) throw new Error(`${title}: expected ${sent} requests at least, but ${told} are in its ${proof}`);
  }
}

async function countedRequests({ running }: Server): Promise<number> {
  const text = await (await fetch(`${running.url}/metrics`)).text();
  const counts = text.matchAll(/^http_server_request_duration_seconds_count\{lane="graphql".*\} (\d+)$/gm);
  return sum([...counts].map(([, count]) => Number(count)));
}

async function countedLines(file: string): Promise<number> {
  return (await readFile(file, 'utf8')).split('"msg":"request"').length - 1;
}

/** @param spans Of all requests, were all sampled. */
function proveTraced(
  setup: TelemetrySetup,
  spans: number,
  { before, after }: { readonly before: ReceivedByPath; readonly after: ReceivedByPath },
): void {
  const path = receiverPathOf(setup);
  if (path === undefined || setup.sampled === undefined) return;
  const told = (after[path]?.spans ?? 0) - (before[path]?.spans ?? 0);
  const expected = spans * setup.sampled;
  const shown = `${setup.title}: expected some ${Math.round(expected)} spans, but ${told} came`;
  if (told < expected * leastShare) throw new Error(shown);
  if (told < expected * 0.9) console.log(`- ${shown}: the rest had no room in the queue`);
}
