import { z } from 'zod';
import { fieldNames } from './access-schema.ts';
import { sampling } from './sampling-schema.ts';
import { durationOrOff, flag, offOr, oneOf, section, text } from './values.ts';

/** `log` of `gateway.yaml`. */

const accessKeys = {
  ...sampling('100%'),
  headers: fieldNames.default([]).describe('Request headers that are written; never credentials. Default none'),
  variables: flag()
    .default(false)
    .describe('Whether variables of GraphQL operations are written, without what is @sensitive'),
  paths: flag()
    .default(false)
    .describe('Whether paths of REST requests are written whole, in place of their route; never the query'),
  addresses: oneOf(['none', 'network', 'full'])
    .default('none')
    .describe('Whether addresses of clients are written: not, without their host part, or whole'),
};

export const log = section({
  level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe messages that are written'),
  format: oneOf(['auto', 'json', 'text'])
    .default('auto')
    .describe('JSON, text for people, or auto: text where standard output is a terminal'),
  access: offOr(accessKeys, section(accessKeys))
    .prefault(false)
    .describe('Whether each request has a line, and what is in it; errors have one whatever "sample" says'),
  slowerThan: durationOrOff()
    .optional()
    .describe(
      'GraphQL operations that took longer are written with their plan; off: none. Default 1s where "access" is on, else off',
    ),
  redact: section({
    headers: fieldNames.default([]).describe('Headers, beside those of credentials'),
    queryParameters: z
      .array(text('the name of a query parameter'), { error: 'expected a list of query parameters' })
      .default([])
      .describe('Query parameters'),
  })
    .prefault({})
    .describe('Names of what appears with its value nowhere: neither in logs nor in traces, metrics and errors'),
});

export type LogValues = z.output<typeof log>;
