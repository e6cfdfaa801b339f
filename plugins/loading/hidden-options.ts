import type { PluginContext } from '../../core/driver/index.ts';
import { isPublicOption } from './public-option.ts';

/** Shorter ones are ordinary words and numbers, without which no message could be read. */
const MIN_LENGTH = 6;

/** The texts and numbers among the options of a plugin that its schema does not call public, the longest first. */
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

/** What a plugin says, without those of its options that are not public. */
export function withoutHidden(said: string, hidden: readonly string[] = []): string {
  return hidden.reduce((shown, text) => shown.replaceAll(text, '********'), said);
}

/** The same for what a plugin tells the log: the message and the texts among the fields. */
export function hiding(tell: PluginContext['warn'], hidden: readonly string[]): PluginContext['warn'] {
  if (hidden.length === 0) return tell;
  return (message, fields = {}) => {
    const shown = Object.entries(fields).map(([key, value]) => {
      return [key, typeof value === 'string' ? withoutHidden(value, hidden) : value] as const;
    });
    tell(withoutHidden(message, hidden), Object.fromEntries(shown));
  };
}

/** As it is, in JSON, and in a URL. */
function formsOf(text: string): string[] {
  return [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed())];
}
