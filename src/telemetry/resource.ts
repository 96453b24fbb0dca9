import { arch, hostname } from 'node:os';
import type { Attributes } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_NAMESPACE,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import {
  ATTR_HOST_ARCH,
  ATTR_HOST_NAME,
  ATTR_PROCESS_PID,
  ATTR_PROCESS_RUNTIME_NAME,
  ATTR_PROCESS_RUNTIME_VERSION,
} from '@opentelemetry/semantic-conventions/incubating';
import type { TelemetryConfig } from '../config/telemetry-types.ts';

/** What every span and metric says of the process that it comes from. */
export type ServiceIdentity = TelemetryConfig['service'] & {
  /** Version of the gateway. */
  readonly version: string;
};

/**
 * The OpenTelemetry resource of this process. What the configuration says comes before `OTEL_RESOURCE_ATTRIBUTES`. No
 * path, user or argument of the command line is in it, as those name people and secrets.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/resource/ | Semantic conventions, Resource}
 */
export function createResource({ name, namespace, instance, version, attributes }: ServiceIdentity): Resource {
  const machine: Attributes = {
    [ATTR_HOST_NAME]: hostname(),
    [ATTR_HOST_ARCH]: arch() === 'x64' ? 'amd64' : arch(),
    [ATTR_PROCESS_PID]: process.pid,
    [ATTR_PROCESS_RUNTIME_NAME]: 'nodejs',
    [ATTR_PROCESS_RUNTIME_VERSION]: process.versions.node,
  };
  const service: Attributes = {
    [ATTR_SERVICE_NAME]: name,
    [ATTR_SERVICE_VERSION]: version,
    [ATTR_SERVICE_INSTANCE_ID]: instance ?? `${hostname()}:${process.pid}`,
  };
  if (namespace !== undefined) service[ATTR_SERVICE_NAMESPACE] = namespace;
  return defaultResource()
    .merge(resourceFromAttributes(machine))
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes({ ...attributes, ...service }));
}
