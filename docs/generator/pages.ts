import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMANDS } from '../../cli/commands/index.ts';
import { manPage } from '../../cli/shell/man-page.ts';
import { describeApi } from '../../core/api/describe-api.ts';
import { BUILTIN_DRIVERS } from '../../drivers/builtin-drivers.ts';
import { CIPHER_SUITE_NAMES } from '../../server/config/index.ts';
import { clientReference } from './client-reference.ts';
import { commandReference, exitCodeTable } from './command-reference.ts';
import { distributionTable } from './distribution-table.ts';
import { driverContract } from './driver-contract.ts';
import { capabilityTable, driverOptions, driverTable } from './drivers.ts';
import { exampleTable, writtenExamples } from './examples.ts';
import { keyTable, protectedKeyList } from './key-table.ts';
import { kindTable, prefixTable } from './plugin-kinds.ts';
import { checkTables } from './verification.ts';
import { registryWrapperParts, wrapperParts } from './wrappers.ts';

// This file runs as dist/docs/generator/pages.js.
const FOLDER = join(import.meta.dirname, '../../../docs');
const EXAMPLES = join(import.meta.dirname, '../../../examples');

type Parts = Readonly<Record<string, () => string | Promise<string>>>;

/** What pages that are written by hand have from the code, by the name in the marks around it. */
const PARTS: Readonly<Record<string, Parts>> = {
  'configuration-reference.md': {
    'cipher suites': cipherSuiteList,
    keys: keyTable,
    'kept keys': () => protectedKeyList({ valued: false }),
    'valued keys': () => protectedKeyList({ valued: true }),
  },
  'coming-from-distribution.md': { keys: distributionTable },
  'command-line.md': { commands: commandReference, 'exit codes': exitCodeTable },
  'drivers/README.md': { capabilities: () => capabilityTable() },
  ...Object.fromEntries(
    BUILTIN_DRIVERS.map(({ name }) => [`drivers/${name}.md`, { options: () => driverOptions(name) }]),
  ),
  '../README.md': { drivers: () => driverTable() },
  'plugins/registry-wrappers.md': registryWrapperParts(),
  'plugins/wrappers.md': wrapperParts(),
  'verify.md': { checks: checkTables },
  'plugins/README.md': { prefixes: prefixTable },
  'plugins/write-a-plugin.md': { kinds: kindTable },
};

/** A page of the documentation, or an example, that is written, in whole or in part, from the code. */
export interface GeneratedPage {
  readonly file: string;
  /** The text that the page must have. */
  readonly text: string;
}

/** Every generated page, as it must be now. */
export async function generatedPages(): Promise<GeneratedPage[]> {
  return [
    { file: join(FOLDER, 'plugins/api.md'), text: describeApi() },
    { file: join(FOLDER, 'plugins/driver-contract.md'), text: await driverContract() },
    { file: join(FOLDER, 'client-reference.md'), text: await clientReference() },
    { file: join(FOLDER, 'stowage.1'), text: manPage(COMMANDS, await packageVersion()) },
    ...writtenExamples().map(({ name, text }) => ({ file: join(EXAMPLES, name), text })),
    await withParts(join(EXAMPLES, 'README.md'), { commands: exampleTable }),
    ...(await Promise.all(Object.entries(PARTS).map(([page, parts]) => withParts(join(FOLDER, page), parts)))),
  ];
}

async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(FOLDER, '../package.json'), 'utf8')) as { version: string };
  return version;
}

async function withParts(file: string, parts: Parts): Promise<GeneratedPage> {
  let text = await readFile(file, 'utf8');
  for (const [name, write] of Object.entries(parts)) {
    const marks = new RegExp(`(<!-- ${name}: .*? -->\\n)[\\s\\S]*?(<!-- end of ${name} -->)`);
    if (!marks.test(text)) throw new Error(`${file} lacks the marks around its ${name}`);
    const part = await write();
    text = text.replace(marks, (_, start: string, end: string) => `${start}${part}\n${end}`);
  }
  return { file, text };
}

function cipherSuiteList(): string {
  return CIPHER_SUITE_NAMES.map((name) => `- \`${name}\``).join('\n');
}
