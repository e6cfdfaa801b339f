import test from 'ava';
import { DRIVER_CONTRACT } from '../../../core/driver/index.ts';
import memory from '../../../drivers/memory/index.ts';
import { driverSuite } from '../../../testing/driver-suite.ts';
import { parseOptions, pluginContext } from '../../helpers/drivers/driver-options.ts';

driverSuite({
  test: (title, run) => test(title, (t) => t.notThrowsAsync(run)),
  module: import.meta.resolve('../../../drivers/memory/index.js'),
  create: async () => {
    const driver = await memory.create({}, pluginContext());
    return { driver, dispose: async () => driver[Symbol.asyncDispose]() };
  },
});

test('the definition names the driver and the contract', (t) => {
  t.is(memory.name, 'inmemory');
  t.is(memory.contract, DRIVER_CONTRACT);
});

test('no options are accepted, and leaving them out in YAML is valid', async (t) => {
  for (const options of [{}, null, undefined]) t.deepEqual((await parseOptions(memory, options)).issues, []);
  const { issues } = await parseOptions(memory, { size: 1 });
  t.is(issues.length, 1);
  t.regex(issues[0] ?? '', /size/);
});
