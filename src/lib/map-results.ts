/**
 * The same stream with each value changed. `return` reaches the source at once, even while a value is awaited; an
 * async generator would hold it back until then.
 */
export function mapResults<T, U>(source: AsyncIterable<T>, change: (value: T) => U): AsyncIterableIterator<U> {
  const iterator = source[Symbol.asyncIterator]();
  const changed = (step: IteratorResult<T>): IteratorResult<U> =>
    step.done ? { done: true, value: undefined } : { done: false, value: change(step.value) };
  return {
    next: async () => changed(await iterator.next()),
    return: async () => {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
