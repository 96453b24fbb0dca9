/**
 * What was asked for, or a rejection after so many milliseconds. Where this process was busy for so long, an answer may lie
 * unread in the socket: it is read first.
 */
export async function withPatience<T>(asked: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new Error(`no answer within ${timeoutMs} ms`));
  const timer = setTimeout(setImmediate, timeoutMs, giveUp);
  try {
    return await Promise.race([asked, promise]);
  } finally {
    clearTimeout(timer);
  }
}
