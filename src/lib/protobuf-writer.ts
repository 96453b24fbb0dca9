const firstBytes = 1024;
const maxTagBytes = 5;
const maxVarintBytes = 10;
/** Texts up to this length are copied by a loop; for longer ones a call of a native function pays. Below 128. */
const maxLoopedLength = 64;
const two32 = 2 ** 32;

/** @see {@link https://protobuf.dev/programming-guides/encoding/#structure | Protocol Buffers, Message Structure} */
const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Writes the fields of a protobuf message in the order of the calls. Tags and lengths are as short as they can be. Field
 * numbers are those of the `.proto` file: at least 1, below 2^28. The memory it writes to is kept for the next message.
 *
 * @see {@link https://protobuf.dev/programming-guides/encoding/ | Protocol Buffers, Encoding}
 */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafeSlow(firstBytes);
  #view = viewOf(this.#bytes);
  #at = 0;

  /** All fields that were written since the last call, in memory of their own. */
  finish(): Uint8Array {
    const written = new Uint8Array(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return written;
  }

  /** Forgets what was written: for a message that failed halfway. */
  reset(): void {
    this.#at = 0;
  }

  /**
   * A field of `bool`, `uint32`, `uint64`, `int32`, `int64` or an enum; `value` is an integer from -2^63 up to 2^64.
   *
   * @see {@link https://protobuf.dev/programming-guides/encoding/#varints | Protocol Buffers, Base 128 Varints}
   */
  writeInteger(field: number, value: number): void {
    this.#reserve(maxTagBytes + maxVarintBytes);
    this.#putTag(field, wireTypes.varint);
    if (value >= 0 && value < two32) return this.#putVarint(value);
    let low = value >>> 0;
    // Two's complement: both words are taken modulo 2^32.
    let high = Math.floor(value / two32) >>> 0;
    while (high !== 0) {
      this.#bytes[this.#at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#putVarint(low);
  }

  writeFixed32(field: number, value: number): void {
    this.#reserve(maxTagBytes + 4);
    this.#putTag(field, wireTypes.fixed32);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** `low` and `high` are integers, each of which is taken modulo 2^32. */
  writeFixed64(field: number, low: number, high: number): void {
    this.#reserve(maxTagBytes + 8);
    this.#putTag(field, wireTypes.fixed64);
    this.#view.setUint32(this.#at, low, true);
    this.#view.setUint32(this.#at + 4, high, true);
    this.#at += 8;
  }

  writeDouble(field: number, value: number): void {
    this.#reserve(maxTagBytes + 8);
    this.#putTag(field, wireTypes.fixed64);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** In UTF-8; halves of surrogate pairs become U+FFFD. */
  writeString(field: number, text: string): void {
    const { length } = text;
    this.#reserve(maxTagBytes + 1 + maxLoopedLength);
    this.#putTag(field, wireTypes.bytes);
    if (length > maxLoopedLength) return this.#putText(text);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return this.#putText(text);
      bytes[at++] = code;
    }
    this.#at = at;
  }

  writeBytes(field: number, bytes: Uint8Array): void {
    this.#reserve(maxTagBytes * 2);
    this.#putTag(field, wireTypes.bytes);
    this.#putVarint(bytes.length);
    this.writeRaw(bytes);
  }

  /** A field of `bytes`, which are given as pairs of hexadecimal digits. */
  writeHex(field: number, digits: string): void {
    const length = digits.length >>> 1;
    this.#reserve(maxTagBytes * 2 + length);
    this.#putTag(field, wireTypes.bytes);
    this.#putVarint(length);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let index = 0; index < length; index++) {
      const high = digitValues[digits.charCodeAt(index * 2)] ?? 0;
      bytes[at + index] = (high << 4) | (digitValues[digits.charCodeAt(index * 2 + 1)] ?? 0);
    }
    this.#at += length;
  }

  /** Fields that another writer has written. */
  writeRaw(fields: Uint8Array): void {
    this.#reserve(fields.length);
    this.#bytes.set(fields, this.#at);
    this.#at += fields.length;
  }

  /**
   * Begins a message within this one; what it returns is for `end`. The length comes first, but is known last: where the
   * guess of what it takes is right (1 byte up to 127, 2 up to 16,383), the message is not moved.
   *
   * @see {@link https://protobuf.dev/programming-guides/encoding/#embedded | Protocol Buffers, Submessages}
   */
  begin(field: number, lengthBytes: 1 | 2 | 3 = 1): number {
    this.#reserve(maxTagBytes + lengthBytes);
    this.#putTag(field, wireTypes.bytes);
    this.#at += lengthBytes;
    this.#bytes[this.#at - 1] = lengthBytes;
    return this.#at;
  }

  end(start: number): void {
    const end = this.#at;
    const length = end - start;
    const guess = this.#bytes[start - 1] ?? 1;
    const more = varintBytes(length) - guess;
    if (more !== 0) {
      this.#reserve(maxTagBytes);
      this.#bytes.copyWithin(start + more, start, end);
    }
    this.#at = start - guess;
    this.#putVarint(length);
    this.#at = end + more;
  }

  #putTag(field: number, wireType: number): void {
    this.#putVarint((field << 3) | wireType);
  }

  #putVarint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  #putText(text: string): void {
    const length = Buffer.byteLength(text);
    this.#reserve(maxTagBytes + length);
    this.#putVarint(length);
    this.#at += this.#bytes.write(text, this.#at);
  }

  #reserve(length: number): void {
    if (this.#at + length > this.#bytes.length) this.#grow(this.#at + length);
  }

  #grow(needed: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest > 0x7f; rest >>>= 7) count++;
  return count;
}

const digitValues = new Uint8Array(128);
for (const [value, digit] of Array.from('0123456789abcdef').entries()) {
  digitValues[digit.charCodeAt(0)] = value;
  digitValues[digit.toUpperCase().charCodeAt(0)] = value;
}
