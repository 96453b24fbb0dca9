import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { loadGatewayFolder } from '../src/config/load.ts';
import type { GatewayConfig } from '../src/config/types.ts';
import { startGateway } from '../src/gateway.ts';
import { startLog } from '../src/telemetry/log.ts';
import { openTelemetry, type Telemetry } from '../src/telemetry/open.ts';

/**
 * A gateway that tells nothing by itself, whose telemetry is switched while it runs: `GET /?dir=FOLDER` on the second port
 * has it tell what that folder's configuration says, and nothing else; `GET /metrics` gives what it has counted since. So signals are held against each other in one process,
 * as two processes of one gateway differ by more than a signal costs.
 *
 * node telemetry-gateway.ts FOLDER PORT CONTROL_PORT
 */
const [dir = '', port = '', controlPort = ''] = process.argv.slice(2);

interface Listening {
  readonly close: () => Promise<void>;
  /** Undefined where nothing is counted. */
  readonly metrics: Telemetry['metrics'];
}

const nothing: Listening = { close: async () => {}, metrics: undefined };

const figures = {
  ...{ connections: 0, generation: 1, caches: [], redis: [], upstreams: [], cacheFailures: undefined },
  reloads: { ok: 0, failed: 0 },
  plans: { entries: 0, bytes: 0 },
};

/** By folder. Read once each: what reading leaves behind would be collected while requests are timed. */
const configs = new Map<string, GatewayConfig>();

async function configOf(folder: string): Promise<GatewayConfig> {
  const config = configs.get(folder) ?? (await loadGatewayFolder(folder, process.env, { port: 0 })).gateway;
  configs.set(folder, config);
  return config;
}

async function listenAs(folder: string): Promise<Listening> {
  const gateway = await configOf(folder);
  const log = await startLog(gateway.log);
  const telemetry = await openTelemetry({ config: gateway.telemetry, checksum: undefined, figures: () => figures });
  return {
    close: async () => {
      log.stop();
      await telemetry.close();
    },
    metrics: telemetry.metrics,
  };
}

let listening = nothing;

const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
  const { pathname, searchParams } = new URL(req.url ?? '', 'http://control');
  if (pathname === '/metrics') {
    if (listening.metrics) listening.metrics.handle(req, res);
    else res.end();
    return;
  }
  await listening.close();
  listening = await listenAs(searchParams.get('dir') ?? dir);
  res.end();
};
const control = createServer((req, res) => {
  answer(req, res).catch((error: unknown) => res.writeHead(500).end(String(error)));
});
control.listen(Number(controlPort), '127.0.0.1');
await startGateway({ folder: await loadGatewayFolder(dir, process.env, { port: Number(port) }) });
