import { entrants, recorded } from './entrants.ts';
import { post, startEntrant } from './running.ts';
import type { Stage } from './stage.ts';
import type { Exchange, FloorTask, SetName } from './types.ts';
import { verify } from './verify.ts';
import { wavesOf } from './waves.ts';

/** Long enough that calls which do not wait for each other overlap. */
const delayMs = 5;

/** What the floors do for these requests: the upstream calls that Weft makes, and the right answer. */
export async function recordTasks(
  stage: Stage,
  { set, exchanges }: { readonly set: SetName; readonly exchanges: readonly Exchange[] },
): Promise<readonly FloorTask[]> {
  const entrant = entrants.find(({ name }) => name === recorded);
  if (!entrant) throw new Error(`there is no entrant ${recorded}`);
  const running = await startEntrant(entrant, stage, { set });
  const tasks: FloorTask[] = [];
  try {
    await verify(running.url, exchanges);
    for (const { body, expected } of exchanges) {
      await stage.ask({ ask: 'record', delayMs });
      await (await post(running.url, body)).arrayBuffer();
      const { calls } = await stage.ask({ ask: 'recording' });
      tasks.push({ body, waves: wavesOf(calls), answer: expected });
    }
  } finally {
    await running.stop();
  }
  return tasks;
}
