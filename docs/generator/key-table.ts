import { documentedKeys, protectedKeys } from '../../server/config/index.ts';

/** Said of a key whose change a running registry takes over. */
const RELOADS = '; [without a restart](configuration.md#changes-while-it-runs)';

/** The keys of the configuration as a Markdown table. */
export function keyTable(): string {
  const rows = documentedKeys().map(
    ({ key, type, defaultText, description, inEffect, reloads }) =>
      `| \`${key}\` | ${type} | ${defaultText === '' ? '' : `\`${defaultText}\``} | ${description} | ${inEffect}${reloads ? RELOADS : ''} |`,
  );
  return ['| key | type | default | meaning | in effect |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** The keys that a variable cannot take away: those that must have a value in the file, or the others. */
export function protectedKeyList({ valued }: { readonly valued: boolean }): string {
  const keys = protectedKeys().filter(({ kept }) => (kept !== 'set') === valued);
  return keys.map(({ key }) => `- \`${key}\``).join('\n');
}
