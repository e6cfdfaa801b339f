/**
 * A call of a driver as a line of code, for messages: `read("/file", { start: 5 })`. Content is shown by its size, and a
 * signal by its presence.
 */
export function callText(name: string, ...given: readonly unknown[]): string {
  return `${name}(${given
    .map(textOf)
    .filter((text) => text !== '')
    .join(', ')})`;
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  if (value instanceof Uint8Array) return `<${value.byteLength} bytes>`;
  if (value instanceof AbortSignal) return '<signal>';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return fields.length === 0 ? '' : `{ ${fields.map(([key, field]) => `${key}: ${textOf(field)}`).join(', ')} }`;
}
