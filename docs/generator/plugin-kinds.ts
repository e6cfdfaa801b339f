import { KINDS } from '../../plugins/kinds/index.ts';
import { table } from './table.ts';

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
