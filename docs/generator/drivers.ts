import type { DriverCapabilities } from '../../core/driver/index.ts';
import { BUILTIN_DRIVERS } from '../../drivers/builtin-drivers.ts';
import { capabilitiesOf, documentedDrivers } from './documented-drivers.ts';
import { optionTable } from './option-table.ts';
import { table } from './table.ts';

/** What each capability is called in the table; a new one does not compile without a line. */
const CAPABILITIES: Readonly<Record<keyof DriverCapabilities, string>> = {
  locality: 'how far away the content is',
  persistent: 'content outlives the process',
  shared: 'two processes see the same content',
  atomicMove: 'a move never leaves a gap',
  strongListing: 'lists see every finished write and delete',
  hidesUncommitted: 'uncommitted bytes are hidden',
  exclusiveWriters: 'a second writer takes an upload over safely',
  redirect: 'clients can be sent to the backend',
  conditionalWrites: 'of several writes with `ifAbsent`, one succeeds',
  hidesEmptyFolders: 'a folder without files is not listed',
  minAppendBytes: 'smallest good chunk of an upload',
};

/** A table of what every driver claims. */
export async function capabilityTable(drivers = documentedDrivers()): Promise<string> {
  const claims = await Promise.all(drivers.map(capabilitiesOf));
  const names = drivers.map(({ name, page }) => `[\`${name}\`](${page})`);
  const rows = (Object.keys(CAPABILITIES) as (keyof DriverCapabilities)[]).map((key) => [
    `\`${key}\``,
    CAPABILITIES[key],
    ...claims.map((claim) => inWords(claim[key])),
  ]);
  return table([['capability', 'means', ...names], ...rows]);
}

/** A table of the drivers that come with Stowage, for a page at the root of the repository. */
export function driverTable(drivers = BUILTIN_DRIVERS): string {
  const rows = drivers.map(({ name, aliases = [], summary }) => [
    aliases.length === 0 ? `\`${name}\`` : `\`${name}\` (or ${aliases.map((alias) => `\`${alias}\``).join(', ')})`,
    summary,
    `[docs/drivers/${name}.md](docs/drivers/${name}.md)`,
  ]);
  const others = ['any npm package or local file', 'wherever it chooses', 'its own'];
  return table([['driver', 'keeps content', 'options'], ...rows, others]);
}

/** A table of a driver's options, made from its schema. */
export async function driverOptions(name: string): Promise<string> {
  const driver = documentedDrivers().find((documented) => documented.name === name);
  if (driver === undefined) throw new Error(`there is no driver ${name}`);
  return optionTable((await driver.load()).default);
}

function inWords(claim: string | number | boolean | undefined): string {
  if (typeof claim === 'boolean' || claim === undefined) return claim === true ? 'yes' : 'no';
  return typeof claim === 'number' ? (claim === 0 ? 'any' : `${claim} bytes`) : claim;
}
