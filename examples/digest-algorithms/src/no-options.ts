import type { OptionsSchema } from 'stowage/plugin';

/** Takes no options. */
export const noOptions: OptionsSchema<object> = {
  '~standard': {
    version: 1,
    vendor: 'stowage-digest-examples',
    validate: (value) =>
      value === undefined || value === null || Object.keys(value).length === 0
        ? { value: {} }
        : { issues: [{ message: 'this plugin takes no options' }] },
  },
};
