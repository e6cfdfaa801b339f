import test from 'ava';
import { guardDriver } from '../../../../../core/driver/index.ts';
import { PathMapper } from '../../../../../core/storage/paths/path-mapper.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { StoredSigningKey } from '../../../../../plugins/auth/embedded/stored-signing-key.ts';

const PATH = new PathMapper().accessTokens.signingKey();

test('all instances on a storage get the key of the first one, even if they start together', async (t) => {
  const driver = guardDriver(new MemoryDriver());
  const open = (): Promise<StoredSigningKey> => StoredSigningKey.open(driver, PATH, { isReadOnly: false });
  const together = await Promise.all(Array.from({ length: 8 }, open));
  const later = await StoredSigningKey.open(driver, PATH, { isReadOnly: true });
  const kids = await Promise.all([...together, later].map(async (key) => (await key.current()).current.kid));
  t.is(new Set(kids).size, 1);
});

test('a read-only registry creates no key', async (t) => {
  const driver = guardDriver(new MemoryDriver());
  const opening = StoredSigningKey.open(driver, PATH, { isReadOnly: true });
  await t.throwsAsync(opening, { message: 'the registry is read-only' });
  t.is(await driver.stat(PATH), undefined);
});
