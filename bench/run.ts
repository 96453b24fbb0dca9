import { execFileSync } from 'node:child_process';
import { measureCaching } from './caching.ts';
import { measureRedisMisses } from './caching-redis-misses.ts';
import { compare } from './compare.ts';
import { header } from './header.ts';
import { measureMemory } from './memory.ts';
import { readOptions, usage, type Options } from './options.ts';
import { reportPlanning } from './planning.ts';
import { measurePolicies } from './policies.ts';
import { loadProcessor } from './running.ts';
import { measureTelemetry } from './telemetry.ts';

/** `npm run bench`: the gateway beside its floors and other gateways. Linux, with `taskset` and two processors. */

const argv = process.argv.slice(2);

function tryOptions(): Options | undefined {
  try {
    return readOptions(argv);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return undefined;
  }
}

/** Resolves with the exit code. */
async function main(options: Options): Promise<number> {
  console.log(header(['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' ')));
  if (options.mode === 'planning') {
    await reportPlanning();
    return 0;
  }
  // Whatever this process starts keeps to the second processor too; entrants are set on the first.
  execFileSync('taskset', ['-apc', loadProcessor, `${process.pid}`], { stdio: 'ignore' });
  return (await measures[options.mode](options)) ? 0 : 1;
}

async function measureAllCaching(options: Options): Promise<boolean> {
  return (await measureCaching(options)) && measureRedisMisses(options);
}

const measures = {
  memory: measureMemory,
  policies: measurePolicies,
  caching: measureAllCaching,
  telemetry: measureTelemetry,
  compare,
};

const options = tryOptions();
process.exitCode = options ? await main(options) : 2;
