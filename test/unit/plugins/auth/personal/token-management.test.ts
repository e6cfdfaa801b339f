import test from 'ava';
import { guardDriver } from '../../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import type { CredentialVerifier } from '../../../../../plugins/auth/credentials/credential-verifier.ts';
import { AccessTokenStore } from '../../../../../plugins/auth/personal/access-token-store.ts';
import { KnownAccessTokens } from '../../../../../plugins/auth/personal/known-access-tokens.ts';
import { TokenManagement } from '../../../../../plugins/auth/personal/token-management.ts';
import { ProcessBroadcast } from '../../../../../plugins/coordination/process/process-broadcast.ts';
import { ProcessLocks } from '../../../../../plugins/coordination/process/process-locks.ts';
import { silentLog } from '../../../../../server/jobs/silent-log.ts';

const ORIGIN: CredentialVerifier = {
  kind: 'htpasswd',
  recognises: () => true,
  verify: () => Promise.reject(new Error('nobody asks')),
  current: () => Promise.resolve({}),
  hasUser: () => Promise.resolve(true),
};
const ANN = { identity: { actor: { name: 'ann' }, credential: 'htpasswd:x' }, address: undefined };

test('a user who creates tokens that expire at once leaves no more than a hundred of them in the storage', async (t) => {
  const store = new AccessTokenStore(guardDriver(new MemoryDriver()));
  const known = new KnownAccessTokens({ store, broadcast: new ProcessBroadcast() });
  let nowMs = Date.UTC(2030, 0, 1);
  const management = new TokenManagement(
    { store, known, locks: new ProcessLocks(), log: silentLog },
    {
      origins: [ORIGIN],
      isAdministrator: () => false,
      isReadOnly: () => false,
      isStorageReadOnly: () => false,
      requireRecord: () => {},
      now: () => nowMs,
    },
  );
  for (let count = 0; count < 120; count += 1) {
    await management.create(ANN, { name: `${count}`, expires: new Date(nowMs + 1000).toISOString() });
    nowMs += 2000;
  }
  const names = (await management.list(ANN)).map(({ token }) => token.name);
  t.is(names.length, 101);
  t.deepEqual([names[0], names.at(-1)], ['119', '19']);
  nowMs += 31 * 24 * 3_600_000;
  await management.create(ANN, { name: 'last' });
  t.deepEqual(
    (await management.list(ANN)).map(({ token }) => token.name),
    ['last'],
  );
});
