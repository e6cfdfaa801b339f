import { AssertionError } from 'node:assert';
import test from 'ava';
import { casesOf } from '../../../testing/all-cases.ts';
import { GUARANTEES } from '../../../testing/guarantees.ts';
import { proveCase } from '../../../testing/prove-case.ts';
import { BROKEN_DRIVERS } from './broken-drivers.ts';

for (const [what, breaks, Driver] of BROKEN_DRIVERS) {
  test(`a driver that ${what} is caught, and the message quotes what it breaks`, async (t) => {
    const cases = casesOf().filter(({ proves }) => proves === breaks);
    const source = {
      create: async () => {
        const driver = new Driver();
        return { driver, dispose: async () => driver[Symbol.asyncDispose](), options: what };
      },
      module: new URL('broken-drivers.js', import.meta.url).href,
    };
    const failures: unknown[] = [];
    for (const driverCase of cases) {
      await proveCase(driverCase, source).catch((error: unknown) => failures.push(error));
    }
    t.true(failures.length > 0, 'no case has failed');
    const { member, text } = GUARANTEES[breaks];
    const expected =
      breaks === 'registry' ? 'A registry on this driver does not work' : `${member} guarantees: "${text}"`;
    for (const failure of failures) {
      t.true(failure instanceof AssertionError, String(failure));
      const { message } = failure as AssertionError;
      // Cases delete their files, and report a driver that cannot do so.
      const isAboutEnd = message.includes('is still there after it was deleted');
      t.true(isAboutEnd || message.includes(expected), message);
    }
  });
}

/** The guard keeps these for every driver, and only a power cut would show the last. */
const UNBREAKABLE = ['closed', 'grammar', 'offsets', 'readReleases', 'signal', 'moveDurable'];
/** Drivers of other tests break these. */
const BROKEN_ELSEWHERE = ['backpressure', 'clock', 'independentWrites', 'longPaths', 'signalPassedOn'];

test('every other guarantee is broken by one of these drivers', (t) => {
  const broken = new Set<string>(BROKEN_DRIVERS.map(([, breaks]) => breaks));
  const whole = Object.keys(GUARANTEES).filter((name) => !broken.has(name));
  t.deepEqual(whole.sort(), [...UNBREAKABLE, ...BROKEN_ELSEWHERE].toSorted());
});
