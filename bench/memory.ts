import { connectInspector, usedHeapBytes } from './inspector.ts';
import { load } from './load.ts';
import type { Options } from './options.ts';
import { markdownTable } from './report.ts';
import { freePort, startEntrant } from './running.ts';
import { distinctRequests, exchangesOf } from './scenarios.ts';
import { setStage } from './stage.ts';
import { slope } from './statistics.ts';
import type { Scenario } from './types.ts';
import { verify } from './verify.ts';

const totalRequests = 200_000;
const step = 20_000;
const distinctOperations = 5000;

/**
 * Sends 200,000 requests of 5,000 distinct operations to the first chosen entrant and prints its heap after garbage
 * collection along the way. What fills a cache up to its bound makes the first half rise; the slope is the second half's.
 */
export async function measureMemory({ entrants, connections }: Options): Promise<boolean> {
  const [entrant] = entrants;
  if (!entrant) throw new Error('expected an entrant');
  const scenario: Scenario = { name: 'memory', set: 'shop', requests: distinctRequests(distinctOperations) };
  const exchanges = await exchangesOf(scenario);
  const stage = await setStage();
  const port = await freePort();
  const running = await startEntrant(entrant, stage, { set: 'shop', nodeArgs: [`--inspect=127.0.0.1:${port}`] });
  try {
    const inspector = await connectInspector(port);
    const points: { readonly x: number; readonly y: number }[] = [{ x: 0, y: await usedHeapBytes(inspector) }];
    const shots = await verify(running.url, exchanges);
    for (let sent = step; sent <= totalRequests; sent += step) {
      await load({ url: running.url, shots }, { connections, requests: step });
      points.push({ x: sent, y: await usedHeapBytes(inspector) });
      console.error(`${sent} requests`);
    }
    inspector.close();
    const rows = points.map(({ x, y }) => [`${x}`, (y / 2 ** 20).toFixed(1)]);
    console.log(`\n### Memory of ${entrant.title}\n\n${markdownTable(['requests', 'heap MiB'], rows)}`);
    const late = points.filter(({ x }) => x >= totalRequests / 2);
    console.log(`\nSlope of the second half: ${slope(late).toFixed(1)} bytes a request`);
    return true;
  } finally {
    await running.stop();
    await stage.close();
  }
}
