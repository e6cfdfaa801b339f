import { openDriver } from '../../../drivers/gcs/open-driver.ts';
import type { GcsOptions } from '../../../drivers/gcs/options.ts';
import { driverSuite } from '../../../testing/driver-suite.ts';
import { emulatorUrl, newBucket, testsWithEmulator } from './emulator.ts';

const UNIT_BYTES = 256 * 1024;

// Parts of 1 MiB, so that the contents of the suite are sent in several of them.
const PLACES = { 'a bucket of its own': '', 'a folder of a bucket': '/registries/first/' };

for (const [place, rootdirectory] of Object.entries(PLACES)) {
  const test = testsWithEmulator(`the driver suite in ${place}`);
  driverSuite({
    test: (title, run) => test(`in ${place}: ${title}`, (t) => t.notThrowsAsync(run)),
    module: import.meta.resolve('../../../drivers/gcs/index.js'),
    create: async () => {
      const options: GcsOptions = {
        bucket: await newBucket(),
        rootdirectory,
        chunksize: 4 * UNIT_BYTES,
        maxconcurrency: 50,
        useragent: 'stowage-test',
        endpoint: await emulatorUrl(),
      };
      const driver = await openDriver(options);
      return { driver, options, dispose: async () => driver[Symbol.asyncDispose]() };
    },
  });
}
