import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeApi } from '../core/api/describe-api.ts';
import { CIPHER_SUITE_NAMES } from '../server/config/cipher-suites.ts';
import { keyTable } from '../server/config/key-table.ts';

// This file runs as dist/docs/pages.js.
const FOLDER = join(import.meta.dirname, '../../docs');

/** What `docs/configuration.md` has from the code, by the name in the marks around it. */
const PARTS: Readonly<Record<string, () => string>> = {
  'cipher suites': cipherSuiteList,
  keys: keyTable,
};

/** A page of the documentation that is written, in whole or in part, from tables of the code. */
export interface GeneratedPage {
  readonly file: string;
  /** The text that the page must have. */
  readonly text: string;
}

/** Every generated page, as it must be now. */
export async function generatedPages(): Promise<GeneratedPage[]> {
  return [
    { file: join(FOLDER, 'api.md'), text: describeApi() },
    { file: join(FOLDER, 'configuration.md'), text: await configurationPage() },
  ];
}

async function configurationPage(): Promise<string> {
  const page = await readFile(join(FOLDER, 'configuration.md'), 'utf8');
  return Object.entries(PARTS).reduce((text, [name, write]) => {
    const marks = new RegExp(`(<!-- ${name}: .*? -->\\n)[\\s\\S]*?(<!-- end of ${name} -->)`);
    if (!marks.test(text)) throw new Error(`docs/configuration.md lacks the marks around its ${name}`);
    return text.replace(marks, (_, start: string, end: string) => `${start}${write()}\n${end}`);
  }, page);
}

function cipherSuiteList(): string {
  return CIPHER_SUITE_NAMES.map((name) => `- \`${name}\``).join('\n');
}
