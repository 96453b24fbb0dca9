import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress, type InputType } from 'node:zlib';

type Decode = (body: Buffer, limit: number) => Promise<Buffer>;

/** More codings than this on one body are an attack, not a need: each could blow the body up again. */
const maxCodings = 3;

type Decompress = (body: InputType, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const bounded =
  (decompress: Decompress): Decode =>
  async (body, limit) =>
    decompress(body, { maxOutputLength: limit });

const decodeGzip = bounded(promisify(gunzip));
const decodeZlib = bounded(promisify(inflate));
const decodeDeflate = bounded(promisify(inflateRaw));
const decodeBrotli = bounded(promisify(brotliDecompress));
const decodeZstd = bounded(promisify(zstdDecompress));

const decoders: ReadonlyMap<string, Decode> = new Map([
  ['gzip', decodeGzip],
  ['x-gzip', decodeGzip],
  // RFC 9110, 8.4.1.2: some senders leave the zlib wrapper away; its first byte names method 8.
  [
    'deflate',
    async (body, limit) => (((body[0] ?? 0) & 0x0f) === 8 ? decodeZlib(body, limit) : decodeDeflate(body, limit)),
  ],
  ['br', decodeBrotli],
  ['zstd', decodeZstd],
]);

/**
 * Takes the codings of `content-encoding` off a body, the last one first.
 *
 * @param limit Largest size of the result and of each step, in bytes; above 0.
 * @throws {RangeError} Where the body would grow beyond `limit`.
 * @throws {Error} For an unknown coding, more than 3, or a body that is not in its coding.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-8.4 | RFC 9110, 8.4 Content-Encoding}
 */
export async function decodeContent(body: Buffer, encoding: string, limit: number): Promise<Buffer> {
  const codings = encoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > maxCodings)
    throw new Error(`content codings must be ${maxCodings} at most, but got: ${encoding}`);
  let decoded = body;
  for (const coding of codings.toReversed()) {
    const decode = decoders.get(coding);
    if (decode === undefined) throw new Error(`content coding must be gzip, deflate, br or zstd, but got: ${coding}`);
    if (decoded.length > 0) decoded = await decode(decoded, limit);
  }
  return decoded;
}
