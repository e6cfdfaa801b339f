import type { StoragePath } from '../../../core/driver/index.ts';
import { type DoctorCheck } from '../check.ts';
import { type ClockReading, driftOf } from '../clock-drift.ts';

const FILE = '/clock' as StoragePath;

/** The times of files decide how old uploads, garbage and locks are. */
export const storageClock: DoctorCheck = {
  name: 'storage-clock',
  proves: 'the clock of the storage agrees with the one of this machine',
  run: async (examined) => {
    const { driver } = await examined.trial();
    const beganAt = Date.now();
    await driver.write(FILE, Buffer.from('This file is deleted at once.\n'));
    const endedAt = Date.now();
    const info = await driver.stat(FILE);
    const reading: ClockReading = { beganAt, endedAt, at: info?.modifiedAt.getTime() ?? Number.NaN };
    return [driftOf('the storage', reading)];
  },
};
