import { configJsonSchema } from '../config/json-schema.ts';
import { loadGatewayFolder } from '../config/load.ts';
import { printConfig } from '../config/print.ts';
import { UsageError, type Arguments } from './arguments.ts';

/** `weft config print` and `weft config schema [gateway|upstream]`. */
export async function config({ dir, words }: Arguments): Promise<number> {
  const [verb, which = 'gateway'] = words;
  if (verb === 'print') {
    process.stdout.write(printConfig(await loadGatewayFolder(dir, process.env)));
    return 0;
  }
  if (verb === 'schema' && (which === 'gateway' || which === 'upstream')) {
    process.stdout.write(`${JSON.stringify(configJsonSchema(which), null, 2)}\n`);
    return 0;
  }
  throw new UsageError(
    `expected "config print" or "config schema [gateway|upstream]", but got "${['config', ...words].join(' ')}"`,
  );
}
