import { openDriver } from '../../../drivers/s3/open-driver.ts';
import { S3Options } from '../../../drivers/s3/options.ts';
import { driverSuite } from '../../../testing/driver-suite.ts';
import { type Emulator, emulatorUrl, newBucket, testsOn } from './emulators.ts';
import { optionsFor } from './s3-driver.ts';

/** Cases that an emulator needs special care for, by parts of their titles. */
export interface SpecialCases {
  /** It cannot pass them. */
  readonly except?: readonly string[];
  /** They run before the others, one after the other. */
  readonly alone?: readonly string[];
}

/** Declares the cases of the test kit on an emulator. */
export function proveDriver(emulator: Emulator, { except = [], alone = [] }: SpecialCases = {}): void {
  const parallel = testsOn(emulator, 'the driver suite');
  const serial = testsOn(emulator, 'the driver suite', { isSerial: true });
  const isOneOf = (parts: readonly string[], title: string): boolean => parts.some((part) => title.includes(part));
  driverSuite({
    test: (title, run) => {
      const test = isOneOf(alone, title) ? serial : parallel;
      if (!isOneOf(except, title)) test(title, (t) => t.notThrowsAsync(run));
    },
    module: import.meta.resolve('../../../drivers/s3/index.js'),
    create: async () => {
      const bucket = await newBucket(emulator);
      const place = { ...optionsFor(bucket, await emulatorUrl(emulator)), rootdirectory: '/registries/first/' };
      const options = S3Options.parse(place);
      const driver = await openDriver(options);
      return { driver, options, dispose: async () => driver[Symbol.asyncDispose]() };
    },
  });
}
