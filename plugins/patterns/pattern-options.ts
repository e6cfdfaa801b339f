import { z } from 'zod';
import { type NamePattern, repositoryPattern, tagPattern } from './name-pattern.ts';

/** A list of patterns of repositories in the options of a plugin. */
export function repositoryPatterns(): z.ZodType<NamePattern[], unknown> {
  return patterns(repositoryPattern, 'team/*');
}

/** A list of patterns of tags in the options of a plugin. */
export function tagPatterns(): z.ZodType<NamePattern[], unknown> {
  return patterns(tagPattern, 'v*');
}

function patterns(read: (source: string) => NamePattern, example: string): z.ZodType<NamePattern[], unknown> {
  return z.array(
    z.string(`must be a pattern such as ${example}`).transform((text, context) => {
      try {
        return read(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `${(error as Error).message}, found ${JSON.stringify(text)}` });
        return z.NEVER;
      }
    }),
    `must be a list of patterns such as [${example}]`,
  );
}
