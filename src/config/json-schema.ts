import { z } from 'zod';
import { gatewaySchema } from './gateway-schema.ts';
import { upstreamSchema } from './upstream-schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

const interpolation = { type: 'string', pattern: '\\$\\{' } as const satisfies JsonSchema;

const annotations: ReadonlySet<string> = new Set(['description', 'default']);

const schemas = {
  gateway: { schema: gatewaySchema, title: 'gateway.yaml of Weft' },
  upstream: { schema: upstreamSchema, title: 'upstreams/<name>.yaml of Weft' },
};

/**
 * The JSON Schema (draft 7, which editors' YAML plugins read best) of `gateway.yaml` or of `upstreams/<name>.yaml`, as
 * the files are written: with units, and with `${...}` wherever a value may stand. Pure.
 */
export function configJsonSchema(which: 'gateway' | 'upstream'): object {
  const { schema, title } = schemas[which];
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => allowInterpolation(jsonSchema),
  });
  return { $schema, title, ...rest };
}

/** An editor checks the text before the environment is filled in, so `${PORT}` must do where a number is wanted. */
function allowInterpolation(jsonSchema: JsonSchema): void {
  const { type, pattern, enum: values } = jsonSchema;
  if (type !== 'integer' && type !== 'boolean' && pattern === undefined && values === undefined) return;
  const narrow: JsonSchema = {};
  for (const key of Object.keys(jsonSchema).filter((name) => !annotations.has(name))) {
    narrow[key] = jsonSchema[key];
    delete jsonSchema[key];
  }
  jsonSchema.anyOf = [narrow, interpolation];
}
