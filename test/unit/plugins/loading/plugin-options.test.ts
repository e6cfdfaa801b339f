import test from 'ava';
import { z } from 'zod';
import { hiddenTexts } from '../../../../plugins/loading/hidden-options.ts';
import type { LoadStep } from '../../../../plugins/loading/load-step.ts';
import { parseOptions } from '../../../../plugins/loading/plugin-options.ts';

/** A plugin whose options come from variables with these `texts`, by key. */
function configuredBy(texts: Readonly<Record<string, string>>): LoadStep {
  return {
    spec: 'tape',
    noun: 'storage driver',
    place: { at: 'storage.tape', baseFolder: '/', textOf: (key) => texts[key] },
    found: { origin: 'a test', remedyFor: () => '', load: () => Promise.resolve() },
    givenUp: new AbortController(),
  };
}

const Options = z.strictObject({
  secretkey: z.string(),
  list: z.array(z.string()).optional(),
  threads: z.int().optional(),
  nested: z.object({ words: z.array(z.string()) }).optional(),
});

test('a variable is a text if the schema of a plugin expects a text', async (t) => {
  const plugin = configuredBy({ 'storage.tape.secretkey': '0123', 'storage.tape.nested.words[0]': 'yes' });
  t.deepEqual(await parseOptions(plugin, Options, { secretkey: 123, threads: 7, nested: { words: [true] } }), {
    secretkey: '0123',
    threads: 7,
    nested: { words: ['yes'] },
  });
});

test('a variable that YAML takes for a list is a text if a text is expected, and a list if a list is', async (t) => {
  const plugin = configuredBy({ 'storage.tape.secretkey': '[a]', 'storage.tape.list': '[a]' });
  t.deepEqual(await parseOptions(plugin, Options, { secretkey: ['a'], list: ['a'] }), {
    secretkey: '[a]',
    list: ['a'],
  });
});

test('values of the file keep their types, and a variable that is wrong even as a text is refused as it was', async (t) => {
  await t.throwsAsync(parseOptions(configuredBy({}), Options, { secretkey: 123 }), { message: /secretkey: .*string/ });
  const plugin = configuredBy({ 'storage.tape.threads': 'many' });
  const options = { secretkey: 's', threads: 'many' };
  await t.throwsAsync(parseOptions(plugin, Options, options), { message: /storage\.tape\.threads: .*expected/ });
  t.deepEqual(options, { secretkey: 's', threads: 'many' });
});

test('only a missing or empty option is reported as such, not one of the wrong type', async (t) => {
  const refuse = (options: unknown): Promise<string> =>
    parseOptions(configuredBy({}), Options, options).then(String, ({ message }: Error) => message);
  t.regex(await refuse({}), /secretkey: is missing; expected string$/m);
  t.regex(await refuse(undefined), /secretkey: is missing; expected string$/m);
  t.regex(await refuse({ secretkey: null }), /secretkey: has no value; expected string$/m);
  t.regex(await refuse({ secretkey: 5 }), /secretkey: Invalid input: expected string, received number$/m);
});

test('messages of a schema are printed without the values of options that are not public', async (t) => {
  const Quoting = z
    .strictObject({ dsn: z.string(), bucket: z.string().meta({ public: true }) })
    .superRefine((given, context) => context.addIssue(`no ${JSON.stringify(given)}, ${encodeURIComponent(given.dsn)}`));
  const options = { dsn: 'user:S3cret "x"', bucket: 'images' };
  const plugin = { ...configuredBy({}), hidden: hiddenTexts(options, Quoting) };
  const { message } = await t.throwsAsync(parseOptions(plugin, Quoting, options));
  t.true(message.includes('no {"dsn":"********","bucket":"images"}, ********'), message);
});
