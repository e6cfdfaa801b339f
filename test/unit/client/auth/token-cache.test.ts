import test from 'ava';
import { TokenCache } from '../../../../client/auth/token-cache.ts';

test('a token is kept until its end, and callers at the same time share one request', async (t) => {
  let now = 0;
  let fetched = 0;
  const cache = new TokenCache(() => now);
  const fetch = async () => ({ text: `t${++fetched}`, expiresAt: now + 100, origin: undefined });
  const [one, other] = await Promise.all([cache.get('a', fetch), cache.get('a', fetch)]);
  t.is(one.text, 't1');
  t.is(other.text, 't1');
  now = 99;
  t.is((await cache.get('a', fetch)).text, 't1');
  now = 100;
  t.is((await cache.get('a', fetch)).text, 't2');
  t.is((await cache.get('b', fetch)).text, 't3');
});

test('a refused token is forgotten, but not the one that took its place', async (t) => {
  let fetched = 0;
  const cache = new TokenCache(() => 0);
  const fetch = async () => ({ text: `t${++fetched}`, expiresAt: 1, origin: undefined });
  await cache.get('a', fetch);
  cache.drop('a', 't1');
  t.is((await cache.get('a', fetch)).text, 't2');
  cache.drop('a', 't1');
  t.is((await cache.get('a', fetch)).text, 't2');
});

test('a failure is not kept', async (t) => {
  const cache = new TokenCache(() => 0);
  await t.throwsAsync(
    cache.get('a', () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  t.is((await cache.get('a', async () => ({ text: 't', expiresAt: 1, origin: undefined }))).text, 't');
});
