import type { Context } from './request-scope.ts';

/** The most characters that all warnings of an answer may have together (distribution-spec, "Warnings"). */
const MAX_BYTES = 4096;

/**
 * Tells the client what it should change, though its request succeeded. Warnings that would make the header too large are
 * left out.
 */
export function setWarnings(ctx: Context, texts: readonly string[]): void {
  const values: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    const value = `299 - "${text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`;
    bytes += value.length;
    if (bytes <= MAX_BYTES) values.push(value);
  }
  if (values.length > 0) ctx.set('Warning', values);
}
