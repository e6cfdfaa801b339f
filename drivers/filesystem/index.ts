// Placeholder until the drivers are merged: it makes the loader's table compile and nothing else.
import { DRIVER_CONTRACT, defineDriver, type OptionsSchema } from '../../core/driver/index.ts';

const options: OptionsSchema<unknown> = {
  '~standard': { version: 1, vendor: 'placeholder', validate: (value) => ({ value }) },
};

export default defineDriver({
  name: 'filesystem',
  contract: DRIVER_CONTRACT,
  options,
  create: () => Promise.reject(new Error('placeholder')),
});
