import test, { type ExecutionContext } from 'ava';
import { RemoteKeys } from '../../../../../plugins/auth/token/remote-keys.ts';
import { TokenSigner } from '../../../../helpers/auth/token-signer.ts';
import { answer, ScriptedServer } from '../../../../helpers/client/scripted-server.ts';
import { FakeClock } from '../../../../helpers/running/fake-clock.ts';

const ELEVEN_MINUTES_MS = 11 * 60_000;

/** The keys at a URL, of which the one called `old` has been found eleven minutes ago. */
async function foundBefore(t: ExecutionContext) {
  const [old, fresh] = [await TokenSigner.of('ES256', { kid: 'old' }), await TokenSigner.of('ES256', { kid: 'new' })];
  const state = { status: 200, keys: [old.jwk, fresh.jwk] };
  const server = await ScriptedServer.start(t, (_request, response) =>
    answer(response, state.status, { keys: state.keys }),
  );
  const clock = new FakeClock();
  const keys = new RemoteKeys(new URL(`${server.address}/keys`), { warn: () => {}, now: () => clock.now() });
  const find = (kid: string): Promise<unknown> => keys.find({ alg: 'ES256', kid });
  await find('old');
  clock.nowMs += ELEVEN_MINUTES_MS;
  return { state, server, keys, find, fresh };
}

test('a key that its server withdraws is not found once ten minutes have passed', async (t) => {
  const { state, server, keys, find, fresh } = await foundBefore(t);
  state.keys = [fresh.jwk];
  await t.throwsAsync(find('old'), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
  t.deepEqual([keys.ids, server.asked.length], [['new'], 2]);
});

test('known keys of a URL stay in effect while its server fails, which is asked again after ten seconds at most', async (t) => {
  const { state, server, find } = await foundBefore(t);
  state.status = 503;
  for (let count = 0; count < 3; count += 1) await t.notThrowsAsync(find('old'));
  t.is(server.asked.length, 2);
});
