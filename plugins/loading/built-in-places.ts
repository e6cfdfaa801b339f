import { KINDS } from '../kinds/index.ts';
import type { PluginFamily } from '../kinds/plugin-family.ts';
import { DRIVERS } from '../kinds/storage-driver.ts';

/** The configuration keys that have a built-in of this name, for example `middleware.storage`. */
export function builtInPlaces(name: string): string[] {
  const families: ReadonlyArray<PluginFamily & { readonly keys?: readonly string[] }> = [
    ...Object.values(KINDS),
    { ...DRIVERS, keys: ['storage'] },
  ];
  return families.flatMap(({ builtIn, keys = [] }) => (Object.hasOwn(builtIn, name) ? keys : []));
}
