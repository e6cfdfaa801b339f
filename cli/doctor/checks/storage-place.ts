import { type DoctorCheck } from '../check.ts';
import { Skipped } from '../skipped.ts';

/** What the driver knows about the place of its store. */
export const storagePlace: DoctorCheck = {
  name: 'storage-place',
  proves: 'the disk has room, and is mounted in a way that suits a registry',
  run: async (examined) => {
    const { driver, notes } = await examined.storage();
    if (notes === undefined)
      throw new Skipped(`the driver ${JSON.stringify(driver.name)} says nothing about its store`);
    return notes.map(({ severity, message, remedy }) => ({ severity, finding: message, remedy }));
  },
};
