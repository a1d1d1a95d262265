/** Names that an error had where it was thrown: between threads and processes an error loses its class. */
const NAMES = Symbol('names of an error');

type Named = { [NAMES]?: readonly string[] };

/**
 * Everything that an error may be called in a retry policy: its `name`, its `code` and the names of its class and of the
 * classes that it extends. Empty for what is no object.
 */
export function namesOf(thrown: unknown): readonly string[] {
  if (typeof thrown !== 'object' || thrown === null) return [];
  const kept = (thrown as Named)[NAMES];
  if (kept) return kept;
  const { name, code } = thrown as { name?: unknown; code?: unknown };
  const names = [name, code].filter((text): text is string => typeof text === 'string');
  for (let type: unknown = Object.getPrototypeOf(thrown); isClass(type); type = Object.getPrototypeOf(type)) {
    names.push(type.constructor.name);
  }
  return [...new Set(names)];
}

/** Gives an error that was put together anew the names of the original. */
export function withNames<T extends Error>(error: T, names: readonly string[]): T {
  Object.defineProperty(error, NAMES, { value: names, enumerable: false });
  return error;
}

function isClass(type: unknown): type is { constructor: { name: string } } {
  return (
    typeof type === 'object' && type !== null && typeof type.constructor === 'function' && type !== Object.prototype
  );
}
