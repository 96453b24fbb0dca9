import { join } from 'node:path';
import { loadGatewayFolder } from '../config/load.ts';
import { watchFile } from '../lib/watched-file.ts';
import { publishNotice } from '../telemetry/channels.ts';
import type { Log } from '../telemetry/log.ts';
import { LevelSwitch, toggleOnSignal } from '../telemetry/logs/level-switch.ts';

const pollMs = 1000;

/**
 * Changes the log's level while the gateway runs: SIGUSR2 goes to `debug` and back, and `log.level` of a folder's
 * `gateway.yaml` is taken over when the file changes. A file that is not good changes nothing; that is a warning.
 *
 * @param dir The gateway's folder; undefined where there is none.
 * @returns What undoes it.
 */
export async function followLogLevel(log: Log, dir: string | undefined): Promise<() => void> {
  const levelSwitch = new LevelSwitch(log);
  const stopListening = toggleOnSignal(levelSwitch);
  const watched = dir === undefined ? undefined : await watchLevel(dir, levelSwitch);
  return () => {
    stopListening();
    watched?.close();
  };
}

async function watchLevel(dir: string, levelSwitch: LevelSwitch): ReturnType<typeof watchFile> {
  return watchFile({
    file: join(dir, 'gateway.yaml'),
    pollMs,
    absent: undefined,
    read: async () => (await loadGatewayFolder(dir, process.env)).gateway.log.level,
    use: (level) => levelSwitch.configure(level),
    onProblem: (problem) =>
      publishNotice({ level: 'warn', message: `gateway.yaml changed and is not good, so nothing changes: ${problem}` }),
    onGood: () => publishNotice({ level: 'info', message: 'gateway.yaml is good again' }),
  });
}
