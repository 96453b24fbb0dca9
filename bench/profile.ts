import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { entrants, type Entrant } from './entrants.ts';
import { connectInspector } from './inspector.ts';
import { load, type Shot } from './load.ts';
import { withPackages } from './peers.ts';
import { recordTasks } from './record-tasks.ts';
import { markdownTable } from './report.ts';
import { freePort, loadProcessor, startEntrant } from './running.ts';
import { exchangesOf, loadScenarios } from './scenarios.ts';
import { selfTimes, type CpuProfile, type SelfTime } from './self-times.ts';
import { setStage } from './stage.ts';
import type { Scenario } from './types.ts';
import { verify } from './verify.ts';

/** `npm run profile -- SCENARIO [--entrant weft] [--seconds 8]`: where an entrant's time goes once it is warm. */

const root = fileURLToPath(new URL('..', import.meta.url));
const connections = 50;
const shown = 25;
const sampleEveryUs = 250;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { entrant: { type: 'string', default: 'weft' }, seconds: { type: 'string', default: '8' } },
});

interface Profiling {
  readonly scenario: Scenario;
  readonly entrant: Entrant;
  readonly durationMs: number;
}

interface Profiled {
  readonly profile: CpuProfile;
  /** Requests while the profile was taken. */
  readonly requests: number;
}

async function takeProfile({ scenario, entrant, durationMs }: Profiling): Promise<Profiled> {
  const { set } = scenario;
  const exchanges = await exchangesOf(scenario);
  const stage = await setStage();
  const tasksFile = join(await stage.makeFolder(), 'tasks.json');
  await writeFile(tasksFile, JSON.stringify(await recordTasks(stage, { set, exchanges })));
  const port = await freePort();
  const nodeArgs = [`--inspect=127.0.0.1:${port}`];
  const running = await startEntrant(entrant, stage, { set, tasksFile, nodeArgs });
  try {
    const shots: readonly Shot[] = await verify(running.url, exchanges);
    await load({ url: running.url, shots }, { connections, durationMs });
    const { send, close } = await connectInspector(port);
    await send('Profiler.enable');
    await send('Profiler.setSamplingInterval', { interval: sampleEveryUs });
    await send('Profiler.start');
    const { requests } = await load({ url: running.url, shots }, { connections, durationMs });
    const { profile } = await send<{ readonly profile: CpuProfile }>('Profiler.stop');
    close();
    return { profile, requests };
  } finally {
    await running.stop();
    await stage.close();
  }
}

function table(head: string, times: readonly SelfTime[], { busyMs, requests }: { busyMs: number; requests: number }) {
  const rows = times.slice(0, shown).map(({ name, ms }) => {
    return [name, ((100 * ms) / busyMs).toFixed(1), ((1000 * ms) / requests).toFixed(1)];
  });
  return markdownTable([head, '% of self time', 'us/request'], rows);
}

function find<T extends { readonly name: string }>(kind: string, list: readonly T[], name: string | undefined): T {
  const found = list.find((one) => one.name === name);
  if (!found) throw new Error(`expected the name of a ${kind}, one of: ${list.map((one) => one.name).join(', ')}`);
  return found;
}

const scenario = find('scenario', await loadScenarios(), positionals[0]);
const [entrant] = await withPackages([find('entrant', entrants, values.entrant)]);
if (!entrant) throw new Error(`${values.entrant} cannot be started`);
execFileSync('taskset', ['-apc', loadProcessor, `${process.pid}`], { stdio: 'ignore' });
const { profile, requests } = await takeProfile({ scenario, entrant, durationMs: Number(values.seconds) * 1000 });
const folder = fileURLToPath(new URL('profiles', import.meta.url));
await mkdir(folder, { recursive: true });
const file = join(folder, `${entrant.name}-${scenario.name}.cpuprofile`);
await writeFile(file, JSON.stringify(profile));
const { busyMs, byPackage, byFunction } = selfTimes(profile, root);
console.log(`${file}: ${requests} requests, ${(busyMs / requests).toFixed(3)} ms of busy time each\n`);
console.log(`${table('package', byPackage, { busyMs, requests })}\n`);
console.log(table('function', byFunction, { busyMs, requests }));
