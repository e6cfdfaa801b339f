import { readFileSync } from 'node:fs';
import test from 'ava';
import { SCRUB_FINDINGS } from '../../../core/scrub/finding.ts';

test('the page about scrub lists every finding with its severity', (t) => {
  const page = readFileSync('docs/operations/scrub.md', 'utf8');
  const listed = Array.from(page.matchAll(/^\| `([a-z-]+)` +\| (damage|remark) +\|/gm), ([, code, severity]) => [
    code,
    severity,
  ]);
  t.deepEqual(
    listed,
    Object.entries(SCRUB_FINDINGS).map(([code, { severity }]) => [code, severity]),
  );
});
