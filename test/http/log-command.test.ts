import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeFolder, runWeft } from '../support/run-weft.ts';

const gatewayYaml = (level: string): string => `port: 0\nlog: { level: ${level}, access: true }\n`;

/** The smallest folder with an upstream, which nobody asks. */
const folder = {
  'upstreams/users.yaml': 'kind: rest\ntargets: http://127.0.0.1:1\n',
  'schema/users.graphql': 'type Query { user: String }\n',
  'resolvers/users.ts': `import { rest } from 'weft';
const users = rest('users');
export const Query = { user: users.get('/user', { at: 'name' }) };
`,
};

const isWindows = process.platform === 'win32';

describe('the log of weft start', { concurrency: 2 }, () => {
  test('weft start tells when it started and stopped, and of each request but probes', async (t) => {
    const dir = await makeFolder(t, { ...folder, 'gateway.yaml': gatewayYaml('info') });
    const running = runWeft(t, ['start', '--dir', dir]);
    const [, url = ''] = await running.printed(/"addresses":\["(http:[^"]+)"\]/);
    for (const path of ['/health/live', '/nothing?hunter2=hunter2']) await (await fetch(url + path)).text();
    await running.printed(/"msg":"request"/);
    running.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /hunter2/);
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
    const told = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    assert.deepEqual(
      told.map(({ msg }) => msg),
      ['started', 'request', 'stopping', 'stopped'],
    );
    const [started, request, stopping, stopped] = told;
    assert.deepEqual([started?.['node'], started?.['upstreams']], [process.version, 1]);
    assert.match(String(started?.['version']), /^\d+\.\d+\.\d+/);
    assert.match(String(started?.['configChecksum']), /^[0-9a-f]{64}$/);
    assert.deepEqual([request?.['status'], request?.['outcome']], [404, 'client_error']);
    assert.deepEqual([stopping?.['signal'], stopped?.['exitCode']], ['SIGTERM', 0]);
  });

  test('the level changes while the gateway runs, by signal and by file', { skip: isWindows }, async (t) => {
    const dir = await makeFolder(t, { ...folder, 'gateway.yaml': gatewayYaml('info') });
    const running = runWeft(t, ['start', '--dir', dir]);
    await running.printed(/"msg":"started"/);
    running.kill('SIGUSR2');
    await running.printed(/level is debug, asked for by SIGUSR2/);
    running.kill('SIGUSR2');
    await running.printed(/level is info, asked for by SIGUSR2/);
    await writeFile(join(dir, 'gateway.yaml'), gatewayYaml('wran'));
    await running.printed(/is not good, so nothing changes: .*got \\"wran\\"/);
    await writeFile(join(dir, 'gateway.yaml'), gatewayYaml('trace'));
    await running.printed(/level is trace, as gateway.yaml now has it/);
    running.kill('SIGTERM');
    assert.equal((await running.ended).code, 0);
  });
});
