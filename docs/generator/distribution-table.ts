import { documentedKeys } from '../../server/config/index.ts';
import { DISTRIBUTION_KEYS } from './distribution-keys.ts';
import { table } from './table.ts';

/** What becomes of a key of distribution; a new answer of the schema does not compile without a word. */
const FATES: Readonly<Record<ReturnType<typeof documentedKeys>[number]['inEffect'], string>> = {
  yes: 'works',
  'not yet': 'ignored, with a warning',
  'not yet: stops the start': '**refused**',
  never: 'ignored, with a warning',
};

/**
 * Every key of distribution with what becomes of it, as the schema of the configuration has it.
 * @throws Error for a key that the schema does not have
 */
export function distributionTable(): string {
  const known = new Map(documentedKeys().map((documented) => [documented.key, documented]));
  const rows = Object.entries(DISTRIBUTION_KEYS).map(([key, difference]) => {
    const documented = known.get(key);
    if (documented === undefined) throw new Error(`the configuration has no key ${key}`);
    const [, ignored = ''] = /(`\w+`) is accepted but not in effect yet/.exec(documented.description) ?? [];
    const remarks = [difference, ignored === '' ? '' : `${ignored} is ignored`].filter((text) => text !== '');
    return [`\`${key}\``, FATES[documented.inEffect], remarks.join('; ')];
  });
  return table([['key', 'in Stowage', 'what differs'], ...rows]);
}
