// @ts-check

/**
 * What `storage: {template: …}` may contain in the configuration: nothing yet. Any library that implements Standard
 * Schema can replace this object, for example `z.strictObject({ bucket: z.string() })` of Zod.
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
      return { issues: unknown.map((key) => ({ message: 'is not an option of this driver', path: [key] })) };
    },
  },
};
