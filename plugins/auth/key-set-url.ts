import { z } from 'zod';
import { isConfidential } from './confidential-url.ts';

/** The option `jwksurl`: the URL of a JSON Web Key Set. */
export const KeySetUrl = z
  .string('must be a URL')
  .transform((text, context) => {
    const url = URL.parse(text);
    if (url !== null && isConfidential(url) && url.username === '' && url.password === '') return url;
    context.addIssue('must be an https URL without credentials: anyone who can change the answer can issue tokens');
    return z.NEVER;
  })
  .meta({ public: true });
