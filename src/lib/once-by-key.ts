/** Makes a value for each key once. Keys and values live as long as the function; nothing is held before the first key. */
export function onceByKey(): <V>(key: object, make: () => V) => V {
  let values: Map<object, unknown> | undefined;
  return <V>(key: object, make: () => V): V => {
    values ??= new Map();
    if (!values.has(key)) values.set(key, make());
    return values.get(key) as V;
  };
}
