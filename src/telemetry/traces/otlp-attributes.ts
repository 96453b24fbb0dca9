import { ProtobufWriter } from '../../lib/protobuf-writer.ts';

type Attributes = Readonly<Record<string, unknown>>;

// Keys of attributes are constants of the code or come from the configuration; the bound is for those that do not.
const maxKeys = 500;
const minInt64 = -(2 ** 63);
const endOfInt64 = 2 ** 63;

/**
 * Writes attributes as fields of `KeyValue`. Keys come again in every span and are kept encoded; values are written
 * anew, as finding one in a map takes about as long.
 *
 * @see {@link https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto | opentelemetry/proto/common/v1/common.proto}
 */
export class AttributesWriter {
  readonly #writer: ProtobufWriter;
  readonly #keys = new Map<string, Uint8Array>();

  constructor(writer: ProtobufWriter) {
    this.#writer = writer;
  }

  /** The number of keys that are kept: at most 500. */
  get size(): number {
    return this.#keys.size;
  }

  /** `field` is the repeated field of `KeyValue` in the message that has the attributes. */
  write(field: number, attributes: Attributes): void {
    const writer = this.#writer;
    for (const key in attributes) {
      if (!Object.hasOwn(attributes, key)) continue;
      const start = writer.begin(field);
      this.#writeKey(key);
      this.#writeValue(2, attributes[key]);
      writer.end(start);
    }
  }

  #writeKey(key: string): void {
    const known = this.#keys.get(key);
    if (known) return this.#writer.writeRaw(known);
    this.#writer.writeString(1, key);
    if (this.#keys.size >= maxKeys) return;
    const writer = new ProtobufWriter();
    writer.writeString(1, key);
    this.#keys.set(key, writer.finish());
  }

  /** A message `AnyValue`; what has no place in one is an empty value. */
  #writeValue(field: number, value: unknown): void {
    const writer = this.#writer;
    const start = writer.begin(field);
    if (typeof value === 'string') writer.writeString(1, value);
    else if (typeof value === 'boolean') writer.writeInteger(2, value ? 1 : 0);
    else if (typeof value === 'number') this.#writeNumber(value);
    else if (value instanceof Uint8Array) writer.writeBytes(7, value);
    else if (Array.isArray(value)) this.#writeArray(value);
    else if (typeof value === 'object' && value !== null) this.#writeMap(value as Attributes);
    writer.end(start);
  }

  #writeNumber(value: number): void {
    if (Number.isInteger(value) && value >= minInt64 && value < endOfInt64) this.#writer.writeInteger(3, value);
    else this.#writer.writeDouble(4, value);
  }

  #writeArray(items: readonly unknown[]): void {
    const start = this.#writer.begin(5);
    for (const item of items) this.#writeValue(1, item);
    this.#writer.end(start);
  }

  #writeMap(values: Attributes): void {
    const start = this.#writer.begin(6);
    this.write(1, values);
    this.#writer.end(start);
  }
}
