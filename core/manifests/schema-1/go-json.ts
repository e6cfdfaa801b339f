/** Go's encoder escapes these so that no browser takes JSON for HTML or a script. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/** JSON as Go's encoding/json writes it. */
export function goJson(value: unknown, indent?: string): string {
  const text = JSON.stringify(value, undefined, indent);
  return text.replaceAll(ESCAPED, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A copy of the object with its keys in byte order, as Go writes a map. */
export function inKeyOrder(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => compare(a, b)));
}
