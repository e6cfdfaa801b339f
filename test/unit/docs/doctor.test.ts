import { readFileSync } from 'node:fs';
import test from 'ava';
import { SEVERITIES } from '../../../cli/doctor/check.ts';
import { DOCTOR_CHECKS } from '../../../cli/doctor/checks/index.ts';

const page = readFileSync('docs/operations/doctor.md', 'utf8');
const DEFAULT_LIMIT_MS = 30_000;

test('the page about doctor lists every check with what it proves and its time limit', (t) => {
  const rows = Array.from(
    page.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\| (\d+) s +\|$/gm),
    ([, name, proves, seconds]) => [name, proves, Number(seconds) * 1000],
  );
  t.deepEqual(
    rows,
    DOCTOR_CHECKS.map(({ name, proves, limitMs = DEFAULT_LIMIT_MS }) => [name, proves, limitMs]),
  );
});

test('it lists the severities from the best to the worst', (t) => {
  const listed = Array.from(
    page.matchAll(/^\| `(ok|skipped|note|warning|failure)` +\| [^|]*\|$/gm),
    ([, name]) => name,
  );
  t.deepEqual(listed, [...SEVERITIES]);
});
