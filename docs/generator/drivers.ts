import type { DriverCapabilities } from '../../core/driver/index.ts';
import { capabilitiesOf, DOCUMENTED_DRIVERS } from './documented-drivers.ts';
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
  minAppendBytes: 'smallest good chunk of an upload',
};

/** A table of what every driver claims. */
export async function capabilityTable(): Promise<string> {
  const claims = await Promise.all(DOCUMENTED_DRIVERS.map(capabilitiesOf));
  const names = DOCUMENTED_DRIVERS.map(({ definition, page }) => `[\`${definition.name}\`](${page})`);
  const rows = (Object.keys(CAPABILITIES) as (keyof DriverCapabilities)[]).map((key) => [
    `\`${key}\``,
    CAPABILITIES[key],
    ...claims.map((claim) => inWords(claim[key])),
  ]);
  return table([['capability', 'means', ...names], ...rows]);
}

/** A table of a driver's options, made from its schema. */
export function driverOptions(name: string): string {
  const driver = DOCUMENTED_DRIVERS.find(({ definition }) => definition.name === name);
  if (driver === undefined) throw new Error(`there is no driver ${name}`);
  return optionTable(driver.definition);
}

function inWords(claim: string | number | boolean): string {
  if (typeof claim === 'boolean') return claim ? 'yes' : 'no';
  return typeof claim === 'number' ? (claim === 0 ? 'any' : `${claim} bytes`) : claim;
}
