import { KINDS } from '../../plugins/kinds/index.ts';
import { DRIVERS } from '../../plugins/kinds/storage-driver.ts';
import { table } from './table.ts';

/** A table of the prefixes of package names. */
export function prefixTable(): string {
  const rows = [DRIVERS, ...Object.values(KINDS)]
    .toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1))
    .map(({ prefix, noun }) => [`\`${prefix}*\``, noun]);
  return table([['prefix', 'must export a'], ...rows]);
}

/** A table of the kinds of plugins: what each binds, where it is configured, how its packages are called. */
export function kindTable(): string {
  const rows = Object.values(KINDS)
    .toSorted((a, b) => (a.kind < b.kind ? -1 : 1))
    .map(({ kind, tokenName, allows, keys = [], prefix }) => [
      `\`${kind}\``,
      `\`${tokenName}\``,
      [...keys, 'plugins'].map((key) => `\`${key}:\``).join(', '),
      allows,
      `\`${prefix}*\``,
    ]);
  return table([['kind', 'port', 'configured under', 'there can be', 'packages are called'], ...rows]);
}
