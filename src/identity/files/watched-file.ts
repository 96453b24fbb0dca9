import { GatewayError } from '../../errors.ts';
import type { Watched } from '../../lib/watch.ts';
import { watchFile as watchAnyFile, type WatchedFileOptions as AnyFileOptions } from '../../lib/watched-file.ts';
import { publishNotice } from '../../telemetry/channels.ts';

export interface WatchedFileOptions<T> extends Omit<AnyFileOptions<T>, 'onProblem' | 'onGood'> {
  /** What the file is, for messages: `API keys`. */
  readonly what: string;
}

/**
 * Reads a file and reads it anew when it changes. One that has become bad is told as a notice, once, and what it said
 * before goes on being used. What `read` throws shows nothing secret.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` where it is bad at the first look.
 */
export async function watchFile<T>({ what, ...options }: WatchedFileOptions<T>): Promise<Watched> {
  const place = `${what}: ${options.file}`;
  const watched = await watchAnyFile<T>({
    ...options,
    onProblem: (problem) => {
      publishNotice({ level: 'error', message: `${place}: ${problem}. What it said before goes on being used` });
    },
  });
  const problem = watched.problem();
  if (problem === undefined) return watched;
  watched.close();
  throw new GatewayError('CONFIGURATION_INVALID', `${place}: ${problem}`);
}
