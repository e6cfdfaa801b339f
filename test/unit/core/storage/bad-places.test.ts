import test from 'ava';
import { DriverError } from '../../../../core/driver/index.ts';
import { UnreadablePaths } from '../../../../core/storage/unreadable-paths.ts';
import { at } from '../../../../testing/driver-case.ts';

const silent = (): void => undefined;

test('a folder that cannot be read is skipped with one log line, however often it is met', async (t) => {
  const lines: unknown[] = [];
  const bad = new UnreadablePaths({
    debug: silent,
    info: silent,
    error: silent,
    warn: ({ path }) => void lines.push(path),
  });
  for (const code of ['denied', 'invalid-path', 'denied'] as const) {
    const given = await bad.pass(at('/bad'), () => Promise.reject(new DriverError(code)), 'nothing');
    t.is(given, 'nothing');
  }
  t.is(await bad.pass(at('/good'), () => Promise.resolve('something'), 'nothing'), 'something');
  t.deepEqual(lines, ['/bad']);
});

test('a storage that is away fails the list, because a list without its content would be wrong', async (t) => {
  const bad = new UnreadablePaths({ debug: silent, info: silent, error: silent, warn: () => t.fail() });
  for (const code of ['unavailable', 'no-space', 'conflict', 'aborted'] as const) {
    const read = (): Promise<never> => Promise.reject(new DriverError(code));
    await t.throwsAsync(bad.pass(at('/bad'), read, undefined), { instanceOf: DriverError });
  }
});
