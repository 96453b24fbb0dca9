/** One field of a protobuf message, as it stands on the wire. */
export interface WireField {
  readonly number: number;
  /** A varint or fixed number as a bigint (fixed64 and fixed32 without a sign), else bytes. */
  readonly value: bigint | Buffer;
}

/**
 * Takes a protobuf message apart, without knowing what it means: enough to check an encoder by.
 *
 * @see {@link https://protobuf.dev/programming-guides/encoding/ | Protocol Buffers, Encoding}
 */
export function readWire(bytes: Buffer): readonly WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error(`A varint is cut off at byte ${at}`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error(`A field of ${length} bytes is cut off at byte ${at}`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(readVarint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        fields.push({ number, value: readVarint() });
        break;
      case 1:
        fields.push({ number, value: take(8).readBigUInt64LE() });
        break;
      case 2:
        fields.push({ number, value: take(Number(readVarint())) });
        break;
      case 5:
        fields.push({ number, value: BigInt(take(4).readUInt32LE()) });
        break;
      default:
        throw new Error(`Wire type ${tag & 7} of field ${number} is not known`);
    }
  }
  return fields;
}

/** The embedded messages of a repeated field. */
export function messagesOf(fields: readonly WireField[], number: number): readonly Buffer[] {
  return fields
    .filter((field) => field.number === number)
    .map(({ value }) => {
      if (typeof value === 'bigint') throw new Error(`Field ${number} was expected to be bytes, but is ${value}`);
      return value;
    });
}

/** The last value of a field that is bytes; empty where it is absent. */
export function bytesOf(fields: readonly WireField[], number: number): Buffer {
  return messagesOf(fields, number).at(-1) ?? Buffer.alloc(0);
}

/** The last value of a field that is a number; 0 where it is absent. */
export function numberOf(fields: readonly WireField[], number: number): bigint {
  const value = fields.findLast((field) => field.number === number)?.value ?? 0n;
  if (typeof value !== 'bigint') throw new Error(`Field ${number} was expected to be a number, but is bytes`);
  return value;
}
