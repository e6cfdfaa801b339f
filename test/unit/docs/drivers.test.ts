import test from 'ava';
import { capabilityTable, driverOptions } from '../../../docs/generator/drivers.ts';
import { BUILTIN_DRIVERS } from '../../../drivers/builtin-drivers.ts';

test('every built-in driver has a page and a column in the table of capabilities', async (t) => {
  const table = await capabilityTable();
  for (const { name, load } of BUILTIN_DRIVERS) {
    const { default: definition } = await load();
    t.is(definition.name, name);
    t.true(table.includes(`[\`${name}\`](${name}.md)`));
  }
});

test('a table of options says what is required, the defaults and the units', async (t) => {
  const rows = (await driverOptions('gcs')).split('\n').map((row) => row.split('|').map((cell) => cell.trim()));
  t.deepEqual(rows.find(([, option]) => option === '`bucket`')?.slice(2, 4), ['name', 'required']);
  t.deepEqual(rows.find(([, option]) => option === '`chunksize`')?.slice(2, 4), ['bytes', '`16777216`']);
  t.deepEqual(rows.find(([, option]) => option === '`keyfile`')?.slice(2, 4), ['file', 'none']);
  t.is(await driverOptions('inmemory'), 'It takes no options.');
  await t.throwsAsync(driverOptions('sqllite'), { message: /sqllite/ });
});
