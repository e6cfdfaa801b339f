import test from 'ava';
import type { Context } from '../../../../server/http/request-scope.ts';
import { setWarnings } from '../../../../server/http/warning-header.ts';

function warningsFor(texts: readonly string[]): unknown {
  const headers: Record<string, unknown> = {};
  const ctx = { set: (name: string, value: unknown) => (headers[name] = value) };
  setWarnings(ctx as unknown as Context, texts);
  return headers['Warning'];
}

test('a warning has the code 299, no agent, no date, and its text quoted', (t) => {
  t.deepEqual(warningsFor(['say "a\\b"', 'ümlaut\r\nX: y']), ['299 - "say \\"a\\\\b\\""', '299 - "?mlaut??X: y"']);
  t.is(warningsFor([]), undefined);
});

test('warnings take at most 4096 bytes together', (t) => {
  const texts = Array.from({ length: 6 }, () => 'a'.repeat(1000));
  const values = warningsFor(texts) as string[];
  t.is(values.length, 4);
  t.true(values.join('').length <= 4096);
  t.is(warningsFor(['a'.repeat(5000)]), undefined);
});
