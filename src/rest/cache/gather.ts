import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

export interface Gathering {
  /** The whole body once it is there; undefined once it is known to be too large. Rejects where it was cut off. */
  readonly body: Promise<Buffer | undefined>;
  /** When the client has been given all. Rejects where the body was cut off, or a client left whom only this served. */
  readonly done: Promise<void>;
}

export interface GatherOptions {
  /** Who is given the parts as they come; undefined: nobody. */
  readonly to: ServerResponse | undefined;
  /** Largest body that is gathered, in bytes; a larger one only passes. */
  readonly maxBytes: number;
  /** Told the whole body before the client is. */
  readonly onWhole: (body: Buffer) => void;
}

/**
 * Reads a body into memory while its parts go to a client. As long as it is gathered, it is read as fast as it comes, so that
 * a slow client does not hold up those who wait for the whole: its parts are kept anyway. One that turns out too large is
 * passed on as slowly as the client reads.
 */
export function gather(body: Readable, { to, maxBytes, onWhole }: GatherOptions): Gathering {
  const whole = Promise.withResolvers<Buffer | undefined>();
  const done = Promise.withResolvers<void>();
  let parts: Buffer[] | undefined = [];
  let size = 0;
  const giveUp = (): void => {
    parts = undefined;
    whole.resolve(undefined);
    if (to === undefined || to.destroyed) body.destroy();
    else to.once('close', () => body.destroy());
  };
  const failed = (error: Error): void => {
    to?.destroy();
    whole.reject(error);
    done.reject(error);
  };
  to?.on('error', () => {});
  body.on('data', (part: Buffer) => {
    size += part.length;
    if (parts !== undefined && size > maxBytes) giveUp();
    parts?.push(part);
    const takesMore = to === undefined || to.destroyed || to.write(part);
    if (takesMore || parts !== undefined) return;
    body.pause();
    to.once('drain', () => body.resume());
  });
  body.once('end', () => {
    if (parts !== undefined) {
      const all = Buffer.concat(parts, size);
      onWhole(all);
      whole.resolve(all);
    }
    if (to !== undefined && !to.destroyed) to.end();
    done.resolve();
  });
  body.on('error', failed);
  body.once('close', () => {
    if (!body.readableEnded) failed(new Error('the client left'));
  });
  if (body.errored !== null) failed(body.errored);
  // Whoever does not ask for one of the two has not to hear that it failed.
  whole.promise.catch(() => {});
  done.promise.catch(() => {});
  return { body: whole.promise, done: done.promise };
}
