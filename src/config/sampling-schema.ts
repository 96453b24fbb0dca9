import { z } from 'zod';
import { graphqlName } from './security-values.ts';
import { evenIfWrong, oneAtLeast, oneOf, routeMethods, section, text } from './values.ts';

/** Which requests are told of: rates and rules that traces and the access log share. */

const rateError = 'expected a number from 0 to 1, or a percentage from 0% to 100%';

const percentage = z
  .string({ error: rateError })
  .regex(/^\d+(?:\.\d+)?%$/, { error: rateError })
  // 33.3 / 100 is not 0.333 in binary.
  .transform((value) => Number((Number(value.slice(0, -1)) / 100).toPrecision(12)))
  .refine((value) => value <= 1, { error: rateError });

/** A share of requests, read to a number from 0 to 1. */
function rate() {
  const fraction = z.number({ error: rateError }).min(0, { error: rateError }).max(1, { error: rateError });
  return z.union([fraction, percentage], { error: rateError });
}

const match = {
  operations: oneAtLeast(graphqlName('an operation'), 'names of operations')
    .optional()
    .describe('Names of GraphQL operations'),
  routes: oneAtLeast(text('the path of a route'), 'paths of routes')
    .optional()
    .describe('Paths of routes, as configured'),
  clients: oneAtLeast(text('the name of a client'), 'names of clients').optional().describe('Names of clients'),
  consumers: oneAtLeast(text('the name of a consumer'), 'consumers').optional().describe('Names of consumers'),
  tiers: oneAtLeast(text('the name of a tier'), 'tiers').optional().describe('Names of tiers'),
  methods: oneAtLeast(oneOf(routeMethods), 'methods').optional().describe('HTTP methods'),
};

const matchKeys = Object.keys(match) as (keyof typeof match)[];

const rule = section({ ...match, sample: rate().describe('Share of the requests that the rule is about') }).superRefine(
  (value, context) => {
    if (matchKeys.every((key) => value[key] === undefined)) {
      const message = `expected one at least of the keys ${matchKeys.join(', ')}; "sample" beside "rules" is for all`;
      context.addIssue({ code: 'custom', message });
    }
    if (value.operations !== undefined && value.routes !== undefined) {
      const message = '"operations" is of GraphQL; a route goes into a rule of its own';
      context.addIssue({ code: 'custom', path: ['routes'], message });
    }
  },
  evenIfWrong,
);

/** `sample` and `rules` of a section; `fallback` as the file has it. */
export function sampling(fallback: string) {
  return {
    sample: rate().prefault(fallback).describe('Share of requests that no rule is about: 10%, or 0.1'),
    rules: z
      .array(rule, { error: 'expected a list of rules' })
      .default([])
      .describe('Shares of some requests; the first rule of which all that it names fits counts'),
  };
}

export type SamplingValues = z.output<z.ZodObject<ReturnType<typeof sampling>>>;
