/**
 * Calls `end` after so many milliseconds, unless the timer is cleared. Where this process was busy for so long, an answer
 * may lie unread in the socket: it is read first.
 */
export function startPatience(ms: number, end: () => void): NodeJS.Timeout {
  return setTimeout(setImmediate, ms, end);
}

/** What was asked for, or a rejection after so many milliseconds. */
export async function withPatience<T>(asked: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = startPatience(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
  try {
    return await Promise.race([asked, promise]);
  } finally {
    clearTimeout(timer);
  }
}
