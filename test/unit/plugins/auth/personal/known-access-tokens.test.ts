import test from 'ava';
import { guardDriver } from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import type { Broadcast } from '../../../../../core/ports/broadcast.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import type { AccessToken } from '../../../../../plugins/auth/personal/access-token.ts';
import { AccessTokenStore } from '../../../../../plugins/auth/personal/access-token-store.ts';
import { KnownAccessTokens } from '../../../../../plugins/auth/personal/known-access-tokens.ts';

const ID = 'abcdefghij012345';
const TOKEN: AccessToken = {
  ...{ id: ID, user: 'ann', origin: 'htpasswd', name: 'ci' },
  ...{ hash: 'ab'.repeat(32), created: '2030-01-01T00:00:00.000Z' },
};

/** A broadcast to the other listeners of the test. */
class TestBroadcast implements Broadcast {
  readonly reach = 'instances';
  readonly isConnected = true;
  readonly #listeners: ((text: string) => void)[] = [];
  readonly #missed: (() => void)[] = [];

  publish(_subject: string, text: string): Promise<void> {
    for (const listener of this.#listeners) listener(text);
    return Promise.resolve();
  }

  subscribe(_subject: string, act: (text: string) => void, missed: () => void): void {
    this.#listeners.push(act);
    this.#missed.push(missed);
  }

  reconnect(): void {
    for (const missed of this.#missed) missed();
  }
}

/** Counts the reads, which can be held back. */
class CountingStore extends AccessTokenStore {
  reads = 0;
  gate: Promise<void> = Promise.resolve();

  override async read(user: string, id: string): Promise<AccessToken | undefined> {
    this.reads += 1;
    const token = await super.read(user, id);
    await this.gate;
    return token;
  }
}

function instances() {
  const store = new CountingStore(guardDriver(new MemoryDriver()));
  const broadcast = new TestBroadcast();
  const [one, two] = [new KnownAccessTokens({ store, broadcast }), new KnownAccessTokens({ store, broadcast })];
  return { store, broadcast, one, two };
}

test('a token costs one read a minute, however many ask for it, and so does one that does not exist', async (t) => {
  const { store, one } = instances();
  await store.create(TOKEN);
  const found = await Promise.all(Array.from({ length: 50 }, () => one.find('ann', ID)));
  t.true(found.every((token) => token?.name === 'ci'));
  t.is(store.reads, 1);
  for (let count = 0; count < 50; count += 1) t.is(await one.find('bob', ID), undefined);
  t.is(store.reads, 2);
});

test('a token that one instance revokes ends at once in the others', async (t) => {
  const { store, one, two } = instances();
  await store.create(TOKEN);
  t.is((await two.find('ann', ID))?.id, ID);
  t.true(await store.delete('ann', ID));
  await one.changed('ann', ID);
  t.is(await two.find('ann', ID), undefined);
});

test('an instance that may have missed a message reads every token again', async (t) => {
  const { store, broadcast, one } = instances();
  await store.create(TOKEN);
  await one.find('ann', ID);
  await store.delete('ann', ID);
  t.is((await one.find('ann', ID))?.id, ID);
  broadcast.reconnect();
  t.is(await one.find('ann', ID), undefined);
});

test('a token that is revoked while it is being read is not remembered', async (t) => {
  const { store, one } = instances();
  await store.create(TOKEN);
  const { promise, resolve } = Promise.withResolvers<void>();
  store.gate = promise;
  const reading = one.find('ann', ID);
  await new Promise(setImmediate);
  await store.delete('ann', ID);
  await one.changed('ann', ID);
  resolve();
  await reading;
  t.is(await one.find('ann', ID), undefined);
});

test('guesses keep only a few reads busy, and others wait or are refused', async (t) => {
  const { store, one } = instances();
  const { promise, resolve } = Promise.withResolvers<void>();
  store.gate = promise;
  const guesses = Array.from({ length: 200 }, (_, index) => one.find('ann', index.toString().padStart(16, '0')));
  await new Promise(setImmediate);
  t.is(store.reads, 8);
  resolve();
  const results = await Promise.allSettled(guesses);
  t.is(results.filter(({ status }) => status === 'rejected').length, 92);
  t.true(
    results.every((result) => result.status === 'fulfilled' || RegistryError.is(result.reason, 'TOOMANYREQUESTS')),
  );
});
