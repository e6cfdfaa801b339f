import type { OptionsSchema } from 'stowage/driver';

/** What `storage: {template: …}` may contain in the configuration: nothing yet. */
export type TemplateOptions = Readonly<Record<string, never>>;

/**
 * Checks the options. Any library that implements Standard Schema can replace this object, for example
 * `z.strictObject({ bucket: z.string() })` of Zod.
 */
export const options: OptionsSchema<TemplateOptions> = {
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
