import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeApi } from '../core/api/describe-api.ts';
import { keyTable } from '../server/config/key-table.ts';

// This file runs as dist/docs/pages.js.
const FOLDER = join(import.meta.dirname, '../../docs');
const KEY_TABLE = /(<!-- keys: .*? -->\n)[\s\S]*?(<!-- end of keys -->)/;

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
  if (!KEY_TABLE.test(page)) throw new Error('docs/configuration.md lacks the marks around its table of keys');
  return page.replace(KEY_TABLE, (_, start: string, end: string) => `${start}${keyTable()}\n${end}`);
}
