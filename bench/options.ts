import { parseArgs } from 'node:util';
import { entrants, type Entrant } from './entrants.ts';

/** V8 has optimised what runs often by then. */
const shortestWarmUpMs = 3000;

/** What `npm run bench -- ...` is told. */
export interface Options {
  readonly mode: 'compare' | (typeof modes)[number];
  readonly quick: boolean;
  readonly entrants: readonly Entrant[];
  /** Names of scenarios; `undefined` for all. */
  readonly scenarios: readonly string[] | undefined;
  readonly rounds: number;
  /** Time that is measured, per round, scenario and entrant. */
  readonly durationMs: number;
  /** Time before, in which the entrant gets warm. */
  readonly warmUpMs: number;
  readonly connections: number;
}

export const usage = `npm run bench -- [options]

  --quick                 heavy, hop2 and tiny only, one round of 2 seconds
  --peers                 other gateways too; their packages are installed where they are missing
  --entrants a,b          only these: ${entrants.map(({ name }) => name).join(', ')}
  --scenarios x,y         only these: heavy, hop2, hop2-vars, tiny, distinct, dashboard
  --rounds N              default 3, of --policies and --caching 14, of --telemetry 60
  --seconds S             measured time per round, default 6; before it, half as much and at least 3 to get warm
  --connections N         default 50
  --planning              time to plan a large operation and to load a large supergraph
  --policies              what each policy costs a request; with --quick the more common ones
  --caching               what hits and misses of the GraphQL cache cost, beside bare node:http
  --telemetry             what metrics, the access log and traces cost a request, each and together
  --memory                heap over 200,000 requests of 5,000 distinct operations`;

/** The first that is asked for counts. */
const modes = ['planning', 'memory', 'policies', 'caching', 'telemetry'] as const;

/** @throws {Error} in one line, where an option is unknown or its value cannot be. */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      planning: { type: 'boolean', default: false },
      memory: { type: 'boolean', default: false },
      policies: { type: 'boolean', default: false },
      caching: { type: 'boolean', default: false },
      telemetry: { type: 'boolean', default: false },
      entrants: { type: 'string' },
      scenarios: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      connections: { type: 'string' },
    },
  });
  const { quick, peers } = values;
  const durationMs = number('seconds', values.seconds, quick ? 2 : 6) * 1000;
  const mode = modes.find((name) => values[name]) ?? 'compare';
  return {
    mode,
    quick,
    entrants: chosen(values.entrants?.split(','), peers),
    scenarios: values.scenarios?.split(',') ?? (quick ? ['heavy', 'hop2', 'tiny'] : undefined),
    rounds: number('rounds', values.rounds, roundsOf(mode)[quick ? 'quick' : 'full']),
    durationMs,
    warmUpMs: Math.max(shortestWarmUpMs, durationMs / 2),
    connections: number('connections', values.connections, 50),
  };
}

function roundsOf(mode: Options['mode']): Readonly<Record<'quick' | 'full', number>> {
  if (mode === 'policies' || mode === 'caching') return { quick: 6, full: 14 };
  return mode === 'telemetry' ? { quick: 40, full: 60 } : { quick: 1, full: 3 };
}

function chosen(names: readonly string[] | undefined, peers: boolean): readonly Entrant[] {
  if (!names) return entrants.filter(({ peer }) => peers || peer === undefined);
  return names.map((name) => {
    const found = entrants.find((entrant) => entrant.name === name);
    if (!found) throw new Error(`there is no entrant "${name}"`);
    return found;
  });
}

function number(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`--${name}: expected a number above 0, got "${text}"`);
  return value;
}
