import test from 'ava';
import { type DoctorCheck, ok } from '../../../../cli/doctor/check.ts';
import { DoctorContext } from '../../../../cli/doctor/doctor-context.ts';
import { runChecks } from '../../../../cli/doctor/run-checks.ts';
import { Skipped } from '../../../../cli/doctor/skipped.ts';
import { loadedFrom } from '../../../helpers/running/examined.ts';

const { signal } = new AbortController();

function check(name: string, run: DoctorCheck['run'], others: Partial<DoctorCheck> = {}): DoctorCheck {
  return { name, proves: 'something', run, ...others };
}

test('a check that hangs is a failure after its time, one that fails says why, and the others go on', async (t) => {
  await using context = new DoctorContext({ loaded: await loadedFrom({}) });
  const checks = [
    check('hangs', () => new Promise(() => undefined), { limitMs: 5 }),
    check('fails', async () => {
      throw new Error('first line\n  second line');
    }),
    check('skips', async () => {
      throw new Skipped('there is nothing to look at');
    }),
    check('works', async () => [ok('it works')]),
  ];
  const results = await runChecks(checks, context, { signal });
  t.deepEqual(
    results.map(({ name, severity, findings }) => [name, severity, findings[0]?.finding]),
    [
      ['hangs', 'failure', 'it did not end within 0.005 s'],
      ['fails', 'failure', 'first line; second line'],
      ['skips', 'skipped', 'there is nothing to look at'],
      ['works', 'ok', 'it works'],
    ],
  );
});

test('a check whose figures others would distort runs alone, after them', async (t) => {
  await using context = new DoctorContext({ loaded: await loadedFrom({}) });
  let running = 0;
  const alone: number[] = [];
  const run = async () => {
    running += 1;
    await new Promise(setImmediate);
    running -= 1;
    return [ok('')];
  };
  const measures = check('measures', async () => (alone.push(running), run()), { isAlone: true });
  const others = Array.from({ length: 9 }, (_, index) => check(`other-${index}`, run));
  const results = await runChecks([measures, ...others, { ...measures, name: 'again' }], context, { signal });
  t.deepEqual(alone, [0, 0]);
  t.is(results[0]?.name, 'measures');
  t.is(results.length, 11);
});

test('a run that is stopped begins no further check', async (t) => {
  await using context = new DoctorContext({ loaded: await loadedFrom({}) });
  const stopping = new AbortController();
  const begun: string[] = [];
  const stops = check('stops', async () => {
    begun.push('stops');
    stopping.abort(new Error('stopped'));
    return [ok('')];
  });
  const later = check('later', async () => (begun.push('later'), [ok('')]), { isAlone: true });
  await t.throwsAsync(runChecks([stops, later], context, { signal: stopping.signal }), { message: 'stopped' });
  t.deepEqual(begun, ['stops']);
});
