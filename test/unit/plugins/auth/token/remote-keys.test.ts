import type { ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { RemoteKeys } from '../../../../../plugins/auth/token/remote-keys.ts';
import { TokenSigner } from '../../../../helpers/auth/token-signer.ts';
import { answer, ScriptedServer } from '../../../../helpers/client/scripted-server.ts';
import { FakeClock } from '../../../../helpers/running/fake-clock.ts';
import { until } from '../../../../helpers/running/until.ts';

const ELEVEN_MINUTES_MS = 11 * 60_000;

/** The keys at a URL, of which the one called `old` has been found eleven minutes ago. */
async function foundBefore(t: ExecutionContext) {
  const [old, fresh] = [await TokenSigner.of('ES256', { kid: 'old' }), await TokenSigner.of('ES256', { kid: 'new' })];
  const state: { status: number; keys: unknown[]; held?: ServerResponse[] } = {
    status: 200,
    keys: [old.jwk, fresh.jwk],
  };
  const server = await ScriptedServer.start(t, (_request, response) => {
    if (state.held === undefined) answer(response, state.status, { keys: state.keys });
    else state.held.push(response);
  });
  const clock = new FakeClock();
  const keys = new RemoteKeys(new URL(`${server.address}/keys`), {
    ...{ warn: () => {}, now: () => clock.now() },
    wait: (ms, signal) => clock.wait(ms, signal),
  });
  const find = (kid: string): Promise<unknown> => keys.find({ alg: 'ES256', kid });
  await find('old');
  clock.nowMs += ELEVEN_MINUTES_MS;
  return { state, server, clock, keys, find, fresh };
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

test('while the server of known keys hangs, the first token waits for a second, the others not at all, and its late answer counts', async (t) => {
  const { state, server, clock, find, fresh } = await foundBefore(t);
  const held: ServerResponse[] = (state.held = []);
  const found = find('old');
  const patience = await clock.next();
  t.is(patience.ms, 1_000);
  patience.pass();
  await t.notThrowsAsync(found);
  for (let count = 0; count < 3; count += 1) await t.notThrowsAsync(find('old'));
  const [response] = await until('the request has arrived', () => held.length > 0 && held);
  t.is(server.asked.length, 2);
  if (response !== undefined) answer(response, 200, { keys: [fresh.jwk] });
  const error = await until('the key is withdrawn', async () => find('old').then(() => undefined, errorOf));
  t.is(error.name, 'JWKSNoMatchingKey');
});

test('a server of known keys that fails is asked after 10 s, 20 s and so on, up to five minutes, until it answers', async (t) => {
  const { state, server, clock, find } = await foundBefore(t);
  state.status = 503;
  await find('old');
  for (const seconds of [10, 20, 40, 80, 160, 300, 300]) {
    const before = server.asked.length;
    clock.nowMs += seconds * 1000 - 1;
    await find('old');
    t.is(server.asked.length, before, `after less than ${seconds} s`);
    clock.nowMs += 1;
    await find('old');
    t.is(server.asked.length, before + 1, `after ${seconds} s`);
  }
  state.status = 200;
  clock.nowMs += 300_000;
  await find('old');
  state.status = 503;
  clock.nowMs += ELEVEN_MINUTES_MS;
  await find('old');
  const before = server.asked.length;
  clock.nowMs += 10_000;
  await find('old');
  t.is(server.asked.length, before + 1, 'it begins with ten seconds again');
});

function errorOf(error: unknown): Error {
  return error as Error;
}
