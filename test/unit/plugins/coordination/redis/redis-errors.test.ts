import test from 'ava';
import { RedisErrors } from '../../../../../plugins/coordination/redis/redis-errors.ts';

test('a server that refused writes counts as back after a minute without another refusal', (t) => {
  const warnings: string[] = [];
  let now = 0;
  const outage = new RedisErrors(
    'test',
    (message) => void warnings.push(message),
    () => now,
  );
  for (; now <= 59_000; now += 1_000) {
    outage.beginReadOnly('READONLY');
    outage.end();
  }
  t.deepEqual(warnings, ['Redis is unavailable (test): READONLY']);
  now += 58_000;
  outage.end();
  t.is(warnings.length, 1);
  now += 1_000;
  outage.end();
  outage.end();
  t.deepEqual(warnings.slice(1), ['Redis is available again (test)']);
});
