import { MOTO } from './emulators.ts';
import { proveDriver } from './prove-driver.ts';

proveDriver(MOTO);
