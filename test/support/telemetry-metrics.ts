import assert from 'node:assert/strict';
import { send, type Asked } from './guarded-gateway.ts';
import { parseMetrics, type Sample } from './openmetrics.ts';

type Labels = Readonly<Record<string, string>>;

/** Metrics as they were read over HTTP. */
export class ReadMetrics {
  readonly #samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.#samples = samples;
  }

  /** The sum of all samples of this name that have these labels among theirs; 0 where there is none. */
  value(name: string, labels: Labels = {}): number {
    return this.of(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  of(name: string, labels: Labels = {}): readonly Sample[] {
    const asked = Object.entries(labels);
    return this.#samples.filter((sample) => {
      return sample.name === name && asked.every(([label, value]) => sample.labels[label] === value);
    });
  }
}

/** Reads them as Prometheus does, and checks each line of them. */
export async function readMetrics(url: string, headers: Asked['headers'] = {}): Promise<ReadMetrics> {
  const { status, text, headers: fields } = await send(url, { headers });
  assert.equal(status, 200, text);
  const isOpen = String(fields['content-type']).startsWith('application/openmetrics-text');
  const families = parseMetrics(text, isOpen ? 'openmetrics' : 'prometheus');
  return new ReadMetrics([...families.values()].flatMap(({ samples }) => samples));
}
