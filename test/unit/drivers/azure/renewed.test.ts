import test from 'ava';
import { leaseOf } from '../../../../drivers/azure/credentials.ts';
import { type Lease, Renewed } from '../../../../drivers/azure/renewed.ts';

/** Values `1`, `2` … that should be renewed after 50 s and end after 100 s, on a clock of the test. */
function counted() {
  const state = { nowMs: 0, asked: 0, fails: false };
  const renewed = new Renewed(
    async (): Promise<Lease<number>> => {
      state.asked += 1;
      if (state.fails) throw new Error('no answer');
      return { value: state.asked, renewAtMs: state.nowMs + 50_000, endsAtMs: state.nowMs + 100_000 };
    },
    () => state.nowMs,
  );
  return { state, renewed };
}

test('many calls ask once, and again only when the value should be renewed', async (t) => {
  const { state, renewed } = counted();
  t.deepEqual(await Promise.all([1, 2, 3].map(() => renewed.get())), [1, 1, 1]);
  state.nowMs = 49_999;
  t.is(await renewed.get(), 1);
  t.is(state.asked, 1);
  state.nowMs = 50_000;
  t.deepEqual(await Promise.all([renewed.get(), renewed.get()]), [1, 1]);
  t.is(await renewed.get(), 2);
  t.is(state.asked, 2);
});

test('the old value serves while its renewal fails, which is tried again after a pause, until it ends', async (t) => {
  const { state, renewed } = counted();
  await renewed.get();
  state.fails = true;
  for (const nowMs of [50_000, 60_000, 80_000, 99_999]) {
    state.nowMs = nowMs;
    t.is(await renewed.get(), 1);
  }
  t.is(state.asked, 3);
  state.nowMs = 100_000;
  await t.throwsAsync(renewed.get(), { message: 'no answer' });
  state.fails = false;
  t.is(await renewed.get(), 5);
});

test('a token is renewed when its issuer says, or five minutes before it ends', (t) => {
  const token = { token: 'token', expiresOnTimestamp: 3_600_000 };
  t.like(leaseOf(token), { renewAtMs: 3_300_000, endsAtMs: 3_600_000 });
  t.like(leaseOf({ ...token, refreshAfterTimestamp: 1000 }), { renewAtMs: 1000 });
  t.throws(() => leaseOf(null), { message: /no credentials gave a token/ });
});
