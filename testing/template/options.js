// @ts-check

/**
 * What may stand below `storage: {template: …}` in the configuration: nothing so far. Any library of the Standard Schema
 * can take the place of this one, for example `z.strictObject({ bucket: z.string() })` of Zod.
 *
 * @type {import('stowage/driver').OptionsSchema<{}>}
 */
export const options = {
  '~standard': {
    version: 1,
    vendor: 'stowage-driver-template',
    validate: (value) => {
      const unknown = Object.keys(Object(value));
      if (unknown.length === 0) return { value: {} };
      return { issues: unknown.map((key) => ({ message: 'there is no such option', path: [key] })) };
    },
  },
};
