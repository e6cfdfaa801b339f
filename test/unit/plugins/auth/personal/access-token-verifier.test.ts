import test from 'ava';
import { guardDriver } from '../../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import {
  CredentialsError,
  type CredentialVerifier,
} from '../../../../../plugins/auth/credentials/credential-verifier.ts';
import type { AccessToken } from '../../../../../plugins/auth/personal/access-token.ts';
import { AccessTokenStore } from '../../../../../plugins/auth/personal/access-token-store.ts';
import { AccessTokenVerifier } from '../../../../../plugins/auth/personal/access-token-verifier.ts';
import { KnownAccessTokens } from '../../../../../plugins/auth/personal/known-access-tokens.ts';
import { newToken } from '../../../../../plugins/auth/personal/token-format.ts';
import { TokenUses } from '../../../../../plugins/auth/personal/token-uses.ts';
import { ProcessBroadcast } from '../../../../../plugins/coordination/process/process-broadcast.ts';

/** Notes whose tokens were read. */
class NotingStore extends AccessTokenStore {
  readonly asked: string[] = [];

  override read(user: string, id: string): Promise<AccessToken | undefined> {
    this.asked.push(user);
    return super.read(user, id);
  }
}

/** Only ann exists. */
const ORIGIN: CredentialVerifier = {
  kind: 'htpasswd',
  recognises: () => true,
  verify: () => Promise.reject(new Error('nobody asks')),
  current: () => Promise.resolve({}),
  hasUser: (user) => Promise.resolve(user === 'ann'),
};

test('a made-up token costs the same reads whether or not its user exists, so the time does not show it', async (t) => {
  const store = new NotingStore(guardDriver(new MemoryDriver()));
  const now = Date.now;
  await using uses = new TokenUses(store, { isReadOnly: () => true, now, reportFailure: () => {} });
  const tokens = new KnownAccessTokens({ store, broadcast: new ProcessBroadcast() });
  const verifier = new AccessTokenVerifier({ tokens, uses, origins: [ORIGIN], now });
  for (const user of ['ann', 'nobody']) {
    const refused = verifier.verify({ user, secret: Buffer.from(newToken().text) });
    await t.throwsAsync(refused, { instanceOf: CredentialsError });
  }
  t.deepEqual(store.asked, ['ann', 'nobody']);
});
