import { isJsonObject, type JsonObject } from '../../core/model/descriptor.ts';

/** A setting of a document that differs. */
export interface ChangedSetting {
  /** Where it stands, such as `config.Env[2]`. */
  readonly at: string;
  /** As JSON; absent where it is missing. */
  readonly first?: string;
  readonly second?: string;
}

/** The settings that differ between two documents, by their places. Fields of `without` are passed over. */
export function changedSettings(
  first: JsonObject,
  second: JsonObject,
  { without }: { readonly without: ReadonlySet<string> },
): ChangedSetting[] {
  const [ours, theirs] = [settingsOf(first, without), settingsOf(second, without)];
  const places = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return places.flatMap((at) => {
    const [before, after] = [ours.get(at), theirs.get(at)];
    if (before === after) return [];
    return [{ at, ...(before !== undefined && { first: before }), ...(after !== undefined && { second: after }) }];
  });
}

/** The values of a document by their places. */
function settingsOf(document: JsonObject, without: ReadonlySet<string>): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const collect = (value: unknown, at: string): void => {
    if (Array.isArray(value))
      for (const [index, each] of (value as unknown[]).entries()) collect(each, `${at}[${index}]`);
    else if (isJsonObject(value)) for (const [key, each] of Object.entries(value)) collect(each, `${at}.${key}`);
    else settings.set(at, JSON.stringify(value));
  };
  for (const [key, value] of Object.entries(document)) if (!without.has(key)) collect(value, key);
  return settings;
}
