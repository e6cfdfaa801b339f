import { readFile, writeFile } from 'node:fs/promises';
import { keyTable } from '../../server/config/key-table.ts';

/** The page about the configuration; tests run in the folder of the project. */
export const PAGE = 'docs/configuration.md';

const TABLE = /(<!-- keys: .*? -->\n)[\s\S]*?(<!-- end of keys -->)/;

/** The page with a table of keys that agrees with the schema. */
export async function currentPage(): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  if (!TABLE.test(page)) throw new Error(`${PAGE} lacks the marks around its table of keys`);
  return page.replace(TABLE, (_, start: string, end: string) => `${start}${keyTable()}\n${end}`);
}

if (process.argv[1] === import.meta.filename) await writeFile(PAGE, await currentPage());
