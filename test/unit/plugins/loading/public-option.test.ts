import test from 'ava';
import { z } from 'zod';
import { isPublicOption } from '../../../../plugins/loading/public-option.ts';

const Options = z.preprocess(
  (value) => value ?? {},
  z.strictObject({
    folder: z.string().default('/').meta({ public: true }),
    early: z.string().meta({ public: true }).optional(),
    secretkey: z.string().meta({ description: 'the key' }),
    section: z.object({ shown: z.string().meta({ public: true }), hidden: z.string() }),
    list: z.array(z.object({ shown: z.string().meta({ public: true }) })).optional(),
    all: z.record(z.string(), z.unknown()).meta({ public: true }),
  }),
);

test('an option is public if its schema or an enclosing one says so', (t) => {
  for (const path of [['folder'], ['early'], ['section', 'shown'], ['list', 0, 'shown'], ['all', 'a', 'b']]) {
    t.true(isPublicOption(Options, path), path.join('.'));
  }
});

test('all other options are not public, including those that no schema knows', (t) => {
  for (const path of [[], ['secretkey'], ['section'], ['section', 'hidden'], ['list'], ['nothing'], ['toString']]) {
    t.false(isPublicOption(Options, path), path.join('.'));
  }
  for (const schema of [undefined, null, {}, { '~standard': {} }, 'text']) t.false(isPublicOption(schema, ['a']));
});
