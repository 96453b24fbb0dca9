import { randomFillSync } from 'node:crypto';

const idBytes = 8;
const pool = Buffer.allocUnsafe(idBytes * 512);
let used = pool.length;

/** 16 random hexadecimal digits. Random bytes are drawn many at a time, as each draw has its price. */
export function createSpanId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += idBytes;
  return pool.toString('hex', used - idBytes, used);
}
