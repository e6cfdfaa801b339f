import { readFile } from 'node:fs/promises';
import test from 'ava';
import { driverContract } from '../../../docs/generator/driver-contract.ts';

const PAGE = 'docs/plugins/driver-contract.md';
const UNDOCUMENTED = 'test/unit/docs/undocumented.ts';

test('a member of the contract without documentation is named', async (t) => {
  const error = await t.throwsAsync(driverContract(UNDOCUMENTED));
  t.regex(error.message, /Undocumented\.forgotten .*does not have any documentation/);
  t.notRegex(error.message, /Undocumented\.documented/);
});

test('the page of the contract begins with StorageDriver, and describes each member once', async (t) => {
  const page = await readFile(PAGE, 'utf8');
  const members = [...page.matchAll(/^### (.*)$/gm)].map(([, name = '']) => name);
  t.deepEqual(members.slice(0, 3), ['StorageDriver', 'DriverWriter', 'DriverCapabilities']);
  t.is(new Set(members).size, members.length);
});

test('the contract says what a take-over keeps without upTo', async (t) => {
  const page = await readFile(PAGE, 'utf8');
  const [, openWriter = ''] = /^##### openWriter\(\)$(.*?)^##### /ms.exec(page) ?? [];
  t.regex(openWriter, /without `upTo`,\s+it\s+has\s+as\s+many\s+bytes\s+as\s+have\s+reached\s+the\s+store/);
});
