import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsingFloor, type Entrant } from './entrants.ts';
import { load, type Shot } from './load.ts';
import type { Options } from './options.ts';
import { withPackages } from './peers.ts';
import { cpuMs, peakMemoryMiB, resetPeakMemory } from './process-use.ts';
import { recordTasks } from './record-tasks.ts';
import { scenarioTable, summaryTable, type Result } from './report.ts';
import { startEntrant, type Running } from './running.ts';
import { exchangesOf, loadScenarios } from './scenarios.ts';
import { setStage, type Stage } from './stage.ts';
import { percentile } from './statistics.ts';
import type { Exchange, Sample, Scenario } from './types.ts';
import { verify } from './verify.ts';

/** Measures the entrants in the scenarios and prints the tables. Resolves with whether every entrant could be timed. */
export async function compare(options: Options): Promise<boolean> {
  const scenarios = await chosenScenarios(options.scenarios);
  const entrants = await withPackages(options.entrants);
  const stage = await setStage();
  const results: Result[] = [];
  try {
    for (const scenario of scenarios) {
      const taking = entrants.filter(({ sets }) => sets.includes(scenario.set));
      const part = await compareIn(scenario, taking, { stage, options });
      console.log(`\n### ${scenario.name}\n\n${scenarioTable(part, parsingFloor)}`);
      results.push(...part);
    }
  } finally {
    await stage.close();
  }
  if (scenarios.length > 1) console.log(`\n### Summary\n\n${summaryTable(results, parsingFloor)}`);
  return results.every(({ outcome }) => !('failed' in outcome));
}

async function chosenScenarios(names: readonly string[] | undefined): Promise<readonly Scenario[]> {
  const scenarios = await loadScenarios();
  if (!names) return scenarios;
  return names.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (!found) throw new Error(`there is no scenario "${name}"`);
    return found;
  });
}

interface Setting {
  readonly stage: Stage;
  readonly options: Options;
}

/** Entrants take turns, another one first in each round; each round starts them afresh. */
async function compareIn(scenario: Scenario, entrants: readonly Entrant[], { stage, options }: Setting) {
  const { set } = scenario;
  const exchanges = await exchangesOf(scenario);
  const tasksFile = join(await stage.makeFolder(), 'tasks.json');
  await writeFile(tasksFile, JSON.stringify(await recordTasks(stage, { set, exchanges })));
  const outcomes = new Map<Entrant, Sample[] | { readonly failed: string }>(entrants.map((entrant) => [entrant, []]));
  for (let round = 0; round < options.rounds; round++) {
    const first = round % entrants.length;
    for (const entrant of [...entrants.slice(first), ...entrants.slice(0, first)]) {
      const samples = outcomes.get(entrant);
      if (!Array.isArray(samples)) continue;
      try {
        const running = await startEntrant(entrant, stage, { set, tasksFile });
        samples.push(await timedAndStopped(running, exchanges, { stage, options }));
      } catch (error) {
        console.error(`${entrant.name} in ${scenario.name}: ${(error as Error).message}`);
        outcomes.set(entrant, { failed: (error as Error).message.split('\n')[0]?.slice(0, 80) ?? '' });
      }
    }
  }
  return [...outcomes].map(([{ name, title }, outcome]): Result => ({
    scenario: scenario.name,
    entrant: name,
    title,
    outcome,
  }));
}

async function timedAndStopped(running: Running, exchanges: readonly Exchange[], setting: Setting): Promise<Sample> {
  const { warmUpMs, connections } = setting.options;
  try {
    const shots = await verify(running.url, exchanges);
    await load({ url: running.url, shots }, { connections, durationMs: warmUpMs });
    return await sample(running, shots, setting);
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\n${running.printed()}`, { cause });
  } finally {
    await running.stop();
  }
}

async function sample({ pid, url }: Running, shots: readonly Shot[], { stage, options }: Setting): Promise<Sample> {
  const { connections, durationMs } = options;
  await resetPeakMemory(pid);
  const callsBefore = (await stage.ask({ ask: 'count' })).count;
  const cpuBeforeMs = await cpuMs(pid);
  const { requests, elapsedMs, latenciesMs } = await load({ url, shots }, { connections, durationMs });
  const usedMs = (await cpuMs(pid)) - cpuBeforeMs;
  const calls = (await stage.ask({ ask: 'count' })).count - callsBefore;
  return {
    cpuMsPerRequest: usedMs / requests,
    requestsPerSecond: (requests * 1000) / elapsedMs,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    peakMemoryMiB: await peakMemoryMiB(pid),
    upstreamCallsPerRequest: calls / requests,
  };
}
