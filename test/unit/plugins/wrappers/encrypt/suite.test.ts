import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import encrypt from '../../../../../plugins/wrappers/encrypt/index.ts';
import { driverSuite } from '../../../../../testing/driver-suite.ts';
import { pluginContext } from '../../../../helpers/drivers/driver-options.ts';
import { atLength } from '../../../../helpers/running/length.ts';
import { wrap } from '../wrap.ts';
import encryptedFilesystem, { KEY } from './encrypted-filesystem.ts';

driverSuite({
  test: (title, run) => test(`on memory: ${title}`, (t) => t.notThrowsAsync(run)),
  create: async () => {
    const driver = await wrap(new MemoryDriver(), {
      definition: encrypt,
      options: { keys: [{ id: 'a', value: KEY }] },
    });
    return { driver, dispose: async () => driver[Symbol.asyncDispose]() };
  },
});

driverSuite({
  groups: atLength({ full: undefined, short: ['contract', 'streams', 'durability'] }),
  test: (title, run) => test(`on filesystem: ${title}`, (t) => t.notThrowsAsync(run)),
  module: import.meta.resolve('./encrypted-filesystem.js'),
  create: async () => {
    const rootdirectory = await mkdtemp(join(tmpdir(), 'stowage-encrypt-'));
    const options = { rootdirectory, maxthreads: 25 };
    const driver = await encryptedFilesystem.create(options, pluginContext());
    const dispose = async (): Promise<void> => {
      await driver[Symbol.asyncDispose]();
      await rm(rootdirectory, { recursive: true, force: true });
    };
    return { driver, options, dispose, reopen: () => encryptedFilesystem.create(options, pluginContext()) };
  },
});
