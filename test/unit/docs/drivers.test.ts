import test from 'ava';
import { DOCUMENTED_DRIVERS } from '../../../docs/generator/documented-drivers.ts';
import { capabilityTable, driverOptions } from '../../../docs/generator/drivers.ts';
import { DRIVERS } from '../../../plugins/loading/builtin.ts';

test('every built-in driver has a page and a column in the table of capabilities', async (t) => {
  const table = await capabilityTable();
  for (const load of Object.values(DRIVERS.builtIn)) {
    const { default: definition } = (await load()) as { readonly default: { readonly name: string } };
    const documented = DOCUMENTED_DRIVERS.find(({ definition: { name } }) => name === definition.name);
    t.truthy(documented, `docs/generator/documented-drivers.ts lacks ${definition.name}`);
    t.true(table.includes(`[\`${definition.name}\`](${documented?.page})`));
  }
});

test('a table of options says what is required, the defaults and the units', (t) => {
  const rows = driverOptions('gcs')
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim()));
  t.deepEqual(rows.find(([, option]) => option === '`bucket`')?.slice(2, 4), ['name', 'required']);
  t.deepEqual(rows.find(([, option]) => option === '`chunksize`')?.slice(2, 4), ['bytes', '`16777216`']);
  t.deepEqual(rows.find(([, option]) => option === '`keyfile`')?.slice(2, 4), ['file', 'none']);
  t.is(driverOptions('inmemory'), 'It takes no options.');
  t.throws(() => driverOptions('sqllite'), { message: /sqllite/ });
});
