import test from 'ava';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { WalkEstimate } from '../../../../core/scrub/walk-estimate.ts';

function sorted(count: number, algorithm?: string): Digest[] {
  return Array.from({ length: count }, (_, number) => digestOf(Buffer.from(`blob ${number}`), algorithm)).sort();
}

function isNear(total: number, real: number): boolean {
  return Math.abs(total - real) < real / 5;
}

test('after a tenth of the digests their number is known to about a tenth', (t) => {
  const digests = sorted(5000);
  const estimate = new WalkEstimate();
  const totals = digests.map((digest, index) => estimate.total(digest, index + 1));
  for (const done of [500, 2500, 4000]) t.true(isNear(totals[done] ?? 0, 5000), `${done}: ${totals[done]}`);
  t.true(Math.abs((totals.at(-1) ?? 0) - 5000) < 10);
  t.true(totals.every((total, index) => total >= index + 1));
});

test('a walk that resumes estimates from where it resumed', (t) => {
  const digests = sorted(5000);
  const estimate = new WalkEstimate(digests[2499], 2500);
  for (let done = 2501; done < 3000; done += 1) estimate.total(digests[done - 1] as Digest, done);
  t.true(isNear(estimate.total(digests[2999] as Digest, 3000), 5000));
});

test('each algorithm is estimated by itself', (t) => {
  const estimate = new WalkEstimate();
  for (const [index, digest] of sorted(1000).entries()) estimate.total(digest, index + 1);
  const totals = sorted(1000, 'sha512').map((digest, index) => estimate.total(digest, 1001 + index));
  t.true(isNear(totals[500] ?? 0, 2000));
});
