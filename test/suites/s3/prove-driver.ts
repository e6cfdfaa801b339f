import { openDriver } from '../../../drivers/s3/open-driver.ts';
import { S3Options } from '../../../drivers/s3/options.ts';
import type { Group } from '../../../testing/driver-case.ts';
import { driverSuite } from '../../../testing/driver-suite.ts';
import { type Emulator, emulatorUrl, newBucket, testsOn } from './emulators.ts';
import { optionsFor } from './s3-driver.ts';

/** What is proved, and with what. Cases are named by parts of their titles. */
export interface ProvedDriver {
  /** Default: all. */
  readonly groups?: readonly Group[] | undefined;
  /** Cases that the emulator cannot pass. */
  readonly except?: readonly string[];
  /** Cases that run before the others, one after the other. */
  readonly alone?: readonly string[];
  /** Whose traits the driver gives the emulator. */
  readonly store?: string | undefined;
}

/** Declares the cases of the test kit on an emulator. */
export function proveDriver(emulator: Emulator, { groups, except = [], alone = [], store }: ProvedDriver = {}): void {
  const parallel = testsOn(emulator, 'the driver suite');
  const serial = testsOn(emulator, 'the driver suite', { isSerial: true });
  const isOneOf = (parts: readonly string[], title: string): boolean => parts.some((part) => title.includes(part));
  driverSuite({
    groups,
    test: (title, run) => {
      const test = isOneOf(alone, title) ? serial : parallel;
      const as = store === undefined ? '' : `as ${store}: `;
      if (!isOneOf(except, title)) test(`${as}${title}`, (t) => t.notThrowsAsync(run));
    },
    module: import.meta.resolve('../../../drivers/s3/index.js'),
    create: async () => {
      const bucket = await newBucket(emulator);
      const place = { ...optionsFor(bucket, await emulatorUrl(emulator)), rootdirectory: '/registries/first/', store };
      const options = S3Options.parse(place);
      const driver = await openDriver(options);
      return { driver, options, dispose: async () => driver[Symbol.asyncDispose]() };
    },
  });
}
