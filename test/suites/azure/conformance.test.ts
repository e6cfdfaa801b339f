import { openDriver } from '../../../drivers/azure/open-driver.ts';
import { driverSuite } from '../../../testing/driver-suite.ts';
import { optionsFor } from './azure-driver.ts';
import { emulatorUrl, newContainer, testsWithEmulator } from './emulator.ts';

const test = testsWithEmulator('the driver suite');

// The emulator takes some milliseconds for a call. With all cases at once, calls would wait for longer than a service may
// be silent.
const lanes: Promise<void>[] = Array.from({ length: 8 }, () => Promise.resolve());
let cases = 0;

/** Runs a case after those that began before it in one of the lanes. */
async function inLane(run: () => Promise<void>): Promise<void> {
  const lane = (cases += 1) % lanes.length;
  const ended = lanes[lane]?.then(run) ?? run();
  lanes[lane] = ended.catch(() => undefined);
  await ended;
}

driverSuite({
  test: (title, run) => test(title, (t) => t.notThrowsAsync(inLane(run))),
  module: import.meta.resolve('../../../drivers/azure/index.js'),
  create: async () => {
    const rootdirectory = '/registries/first/';
    const options = { ...optionsFor(await newContainer(), await emulatorUrl()), rootdirectory };
    const driver = await openDriver(options);
    return { driver, options, dispose: async () => driver[Symbol.asyncDispose]() };
  },
});
