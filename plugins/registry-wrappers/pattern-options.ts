import { z } from 'zod';
import { NamePattern } from './name-pattern.ts';

/** A list of patterns in the options of a plugin. */
export function namePatterns(): z.ZodType<NamePattern[], unknown> {
  return z.array(
    z.string('must be a pattern such as v*').transform((text, context) => {
      try {
        return new NamePattern(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `${(error as Error).message}, found ${JSON.stringify(text)}` });
        return z.NEVER;
      }
    }),
    'must be a list of patterns such as [v*]',
  );
}
