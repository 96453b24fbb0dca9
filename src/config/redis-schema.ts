import { z } from 'zod';
import { flag, integer, oneKeyOf, section, text } from './values.ts';

/** `redis` of `gateway.yaml`. */

const urlError = 'expected a redis:// or rediss:// URL';
const nodeError = 'expected a redis:// or rediss:// URL of host and port alone';
const pattern = '^rediss?://\\S+$';

function read(value: string): URL | undefined {
  const url = /^rediss?:\/\/\S+$/.test(value) ? URL.parse(value) : null;
  return url === null || url.hostname === '' ? undefined : url;
}

const url = z
  .string({ error: urlError })
  .refine((value) => read(value) !== undefined, { error: urlError })
  .meta({ pattern });

/** Whatever else stood in a node's URL would be passed over in silence. */
function node(isAlone: (url: URL) => boolean, error: string) {
  const fits = (value: string): boolean => {
    const parsed = read(value);
    return parsed !== undefined && ['', '/'].includes(parsed.pathname) && !/[?#]/.test(value) && isAlone(parsed);
  };
  return z.string({ error }).refine(fits, { error }).meta({ pattern });
}

function nodes(item: z.ZodType<string>) {
  return z
    .array(item, { error: 'expected a list of redis:// or rediss:// URLs' })
    .min(1, { error: 'expected one node at least' })
    .refine((urls) => new Set(urls.map((value) => value.split(':')[0])).size === 1, {
      error: 'expected redis:// for all nodes, or rediss:// for all',
      when: ({ issues }) => issues.length === 0,
    });
}

const sentinel = section({
  name: text('the name of a master set').default('mymaster').describe('Name of the master set'),
  nodes: nodes(node((parsed) => parsed.username === '' && parsed.password === '', nodeError)).describe(
    'URLs of the sentinels: redis://host:26379',
  ),
  username: text('a user').optional().describe('User at the Redis servers'),
  password: text('a password').optional().describe('Password at the Redis servers; comes from the environment'),
  sentinelPassword: text('a password').optional().describe('Password at the sentinels; comes from the environment'),
  db: integer(0).default(0).describe('Number of the database'),
  tls: flag().default(false).describe('Whether the Redis servers are called by TLS; sentinels by rediss:// URLs'),
});

const clusterError = `${urlError} without database and options`;

export const redis = oneKeyOf({
  url: url.describe('URL; the password comes from the environment'),
  sentinel: sentinel.describe('Servers that Sentinel watches'),
  cluster: nodes(node(() => true, clusterError)).describe(
    'URLs of some nodes of a cluster; user and password of the first are those of all',
  ),
});

export type RedisValues = z.output<typeof redis>;
