import type { PluginContext } from '../../core/driver/index.ts';
import { isPublicOption } from './public-option.ts';

/** Shorter values are ordinary words and numbers: a message without them would be unreadable. */
const MIN_LENGTH = 6;

/** The strings and numbers among a plugin's options that its schema does not mark as public, the longest first. */
export function hiddenTexts(options: unknown, schema: unknown): readonly string[] {
  const found = new Set<string>();
  const collect = (value: unknown, path: ReadonlyArray<string | number>): void => {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) collect(item, [...path, index]);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) collect(item, [...path, key]);
    } else if ((typeof value === 'string' || typeof value === 'number') && !isPublicOption(schema, path)) {
      for (const form of formsOf(String(value))) found.add(form);
    }
  };
  collect(options, []);
  return [...found].filter((text) => text.length >= MIN_LENGTH).sort((a, b) => b.length - a.length);
}

/** A message of a plugin in which the values of its private options are masked. */
export function withoutHidden(said: string, hidden: readonly string[] = []): string {
  return hidden.reduce((shown, text) => shown.replaceAll(text, '********'), said);
}

/** Masks them in what a plugin writes to the log: in the message and in fields that are strings. */
export function hiding(tell: PluginContext['warn'], hidden: readonly string[]): PluginContext['warn'] {
  if (hidden.length === 0) return tell;
  return (message, fields = {}) => {
    const shown = Object.entries(fields).map(([key, value]) => {
      return [key, typeof value === 'string' ? withoutHidden(value, hidden) : value] as const;
    });
    tell(withoutHidden(message, hidden), Object.fromEntries(shown));
  };
}

/** The text unchanged, as in JSON, and as in a URL. */
function formsOf(text: string): string[] {
  return [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed())];
}
