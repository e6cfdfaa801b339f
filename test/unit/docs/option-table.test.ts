import test from 'ava';
import { z } from 'zod';
import { optionTable } from '../../../docs/generator/option-table.ts';
import { wrapperParts } from '../../../docs/generator/wrappers.ts';
import { KINDS } from '../../../plugins/kinds/index.ts';

const SIZE = z.union([z.number(), z.literal('1KiB').transform(() => 1024)]);

function rowsOf(options: z.ZodType): string[][] {
  const lines = optionTable({ name: 'tape', options }).split('\n').slice(2);
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}

test('the table has a line for every option, including those of maps in a list', (t) => {
  const rule = z.strictObject({ kind: z.string().meta({ value: 'text', description: 'Which one.' }) });
  const options = z.strictObject({
    size: SIZE.default(1024).meta({ value: 'size', default: '1KiB', description: 'How long.' }),
    speed: SIZE.optional().meta({ value: 'size', default: 'as fast as it can', description: 'How fast.' }),
    rules: z
      .array(rule.transform(({ kind }) => kind))
      .default([])
      .meta({ value: 'list', description: 'All of them.' }),
  });
  t.deepEqual(
    rowsOf(options).map(([, ...cells]) => cells.slice(0, 4)),
    [
      ['`size`', 'size', '`1KiB`', 'How long.'],
      ['`speed`', 'size', 'as fast as it can', 'How fast.'],
      ['`rules`', 'list', '`[]`', 'All of them.'],
      ['`rules[].kind`', 'text', 'required', 'Which one.'],
    ],
  );
});

test('an option without a description, or with a description of another default, is refused', (t) => {
  const table = (size: z.ZodType) => optionTable({ name: 'tape', options: z.strictObject({ size }) });
  t.throws(() => table(SIZE.default(1024)), { message: 'tape.size is not described' });
  const wrong = SIZE.default(2048).meta({ value: 'size', default: '1KiB', description: 'How long.' });
  t.throws(() => table(wrong), { message: 'tape.size is described with the default 1KiB, but it is 2048' });
});

test('every wrapper that comes with Stowage has its table', (t) => {
  const parts = Object.keys(KINDS['driver-wrapper'].builtIn).map((name) => `options of ${name}`);
  t.deepEqual(Object.keys(wrapperParts()), parts);
});
