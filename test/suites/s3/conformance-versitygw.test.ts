import { VERSITYGW } from './emulators.ts';
import { proveDriver } from './prove-driver.ts';

proveDriver(VERSITYGW, {
  // With a hundred tests at a time, it sometimes lets two conditional writes of one key succeed.
  alone: ['ifAbsent'],
  // It keeps objects in files, so that a key cannot be a folder that other keys had.
  except: ['names of up to 255 characters are stored as they are'],
});
