import test from 'ava';
import { DriverError } from '../../../../core/driver/index.ts';

const copyUrl = new URL('../../../../core/driver/driver-error.js?copy', import.meta.url).href;

test('an error of another copy of the package is recognised', async (t) => {
  const copy = (await import(copyUrl)) as { DriverError: typeof DriverError };
  t.not(copy.DriverError, DriverError);
  const foreign = new copy.DriverError('not-found', { path: '/a' });
  t.false(foreign instanceof DriverError);
  t.true(DriverError.is(foreign));
  t.true(DriverError.is(foreign, 'not-found'));
  t.false(DriverError.is(foreign, 'denied'));
});

test('nothing else counts as one, even with the same code', (t) => {
  const other: unknown[] = [
    new Error('no'),
    Object.assign(new Error('no'), { code: 'not-found' }),
    { code: 'not-found' },
  ];
  for (const error of [...other, undefined, null, 'not-found']) t.false(DriverError.is(error));
});

test('the message names driver, code, path, offset and cause', (t) => {
  const cause = new Error('disk on fire');
  const error = new DriverError('invalid-offset', { driver: 'filesystem', path: '/a', offset: -1, cause });
  t.is(error.message, 'filesystem: invalid-offset "/a" at offset -1 (disk on fire)');
  t.is(error.cause, cause);
  t.is(error.name, 'DriverError');
  t.is(new DriverError('closed').message, 'closed');
  t.false('cause' in new DriverError('closed'));
});
