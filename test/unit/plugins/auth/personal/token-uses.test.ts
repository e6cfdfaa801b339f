import test from 'ava';
import { guardDriver } from '../../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { AccessTokenStore } from '../../../../../plugins/auth/personal/access-token-store.ts';
import { TokenUses } from '../../../../../plugins/auth/personal/token-uses.ts';

const ID = 'abcdefghij012345';
const CREATED = '2030-01-01T00:00:00.000Z';

async function usesOf(options: { readonly isReadOnly?: boolean } = {}) {
  const store = new AccessTokenStore(guardDriver(new MemoryDriver()));
  const record = { id: ID, user: 'ann', origin: 'htpasswd', name: 'ci', hash: 'ab'.repeat(32), created: CREATED };
  await store.create(record);
  const state = { nowMs: Date.UTC(2030, 0, 2, 23, 59) };
  const failures: unknown[] = [];
  const uses = new TokenUses(store, {
    isReadOnly: () => options.isReadOnly === true,
    now: () => state.nowMs,
    reportFailure: (error) => void failures.push(error),
  });
  const lastUse = async (): Promise<string | undefined> => (await store.ofUser('ann'))[0]?.lastUsed;
  return { store, state, failures, uses, lastUse };
}

test('the day of the last use is stored in a batch, and once a day', async (t) => {
  const { store, state, uses, lastUse } = await usesOf();
  for (let count = 0; count < 100; count += 1) uses.note('ann', ID);
  t.is(await lastUse(), undefined);
  let writes = 0;
  const write = store.noteUse.bind(store);
  store.noteUse = (...parameters) => {
    writes += 1;
    return write(...parameters);
  };
  await uses.flush();
  uses.note('ann', ID);
  await uses.flush();
  t.is(writes, 1);
  t.is(await lastUse(), '2030-01-02');
  state.nowMs += 60_000;
  uses.note('ann', ID);
  await uses[Symbol.asyncDispose]();
  t.is(await lastUse(), '2030-01-03');
});

test('a use does not bring back a token that was revoked meanwhile', async (t) => {
  const { store, uses } = await usesOf();
  uses.note('ann', ID);
  await store.delete('ann', ID);
  await uses[Symbol.asyncDispose]();
  t.deepEqual(await store.ofUser('ann'), []);
  t.is(await store.read('ann', ID), undefined);
});

test('a read-only registry stores no uses', async (t) => {
  const { uses, lastUse } = await usesOf({ isReadOnly: true });
  uses.note('ann', ID);
  await uses[Symbol.asyncDispose]();
  t.is(await lastUse(), undefined);
});

test('a storage that fails is reported, and nothing else happens', async (t) => {
  const { store, uses, failures } = await usesOf();
  store.noteUse = () => Promise.reject(new Error('the disk is full'));
  uses.note('ann', ID);
  await uses[Symbol.asyncDispose]();
  t.is(failures.length, 1);
});
