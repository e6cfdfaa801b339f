import test from 'ava';
import { UnauthorizedError } from '../../../../../core/model/errors.ts';
import type { AccessRequest } from '../../../../../core/ports/access-controller.ts';
import { CredentialAccess } from '../../../../../plugins/auth/credentials/credential-access.ts';
import {
  CredentialsError,
  type CredentialVerifier,
} from '../../../../../plugins/auth/credentials/credential-verifier.ts';
import type { AccessLimit, Identity } from '../../../../../plugins/auth/credentials/identity.ts';
import { basic } from '../htpasswd/fixture-passwords.ts';

/** Accepts every secret that begins with its kind, and knows the credential `now` as current. */
function verifierOf(kind: string, given: Partial<Identity> = {}): CredentialVerifier {
  return {
    kind,
    recognises: ({ secret }) => Buffer.from(secret).toString().startsWith(`${kind}_`),
    verify: ({ user = 'nobody', secret }) =>
      Buffer.from(secret).toString() === `${kind}_right`
        ? Promise.resolve({ actor: { name: user }, credential: 'now', ...given })
        : Promise.reject(new CredentialsError(`no ${kind}`)),
    current: (_user, credential) => Promise.resolve(credential === 'now' ? {} : undefined),
  };
}

const READ_ONLY: AccessLimit = {
  allows: ({ action, name }) => action === 'pull' && name === 'app',
  mayList: (name) => name === 'app',
  mayOverwrite: () => false,
};

function requestWith(authorization: string | undefined): AccessRequest {
  return {
    ...{ authorization, method: 'GET' },
    ...{ origin: undefined, root: undefined, address: undefined, certificate: undefined },
  };
}

const access = new CredentialAccess({
  realm: 'here',
  verifiers: [verifierOf('one'), verifierOf('two', { limit: READ_ONLY })],
});

test('the shape of a secret decides who verifies it, and the kind is part of the credential', async (t) => {
  const one = await access.identify(requestWith(basic('ann', 'one_right')));
  t.deepEqual(one, { actor: { name: 'ann' }, credential: 'one:now' });
  t.is((await access.identify(requestWith(basic('ann', 'two_right')))).credential, 'two:now');
  t.is((await access.identify(requestWith('Bearer one_right'))).actor.name, 'nobody');
});

for (const [what, authorization, cause] of [
  ['a wrong secret', basic('ann', 'one_wrong'), 'no one'],
  ['a secret of no kind', basic('ann', 'three_right'), undefined],
  ['no header', undefined, undefined],
  ['a malformed header', 'Basic ***', undefined],
] as const) {
  test(`${what} is challenged, and only the cause says more`, async (t) => {
    const refused = access.authorize(requestWith(authorization), []);
    const error = await t.throwsAsync(refused, { instanceOf: UnauthorizedError });
    t.is(error.challenge, 'Basic realm="here"');
    t.is((error.cause as Error | undefined)?.message, cause);
    t.notRegex(JSON.stringify(error.detail), /one_wrong|three_right|no one/);
  });
}

test('a credential is current only for its own kind', async (t) => {
  t.deepEqual(await access.current('ann', 'one:now'), {});
  for (const credential of ['one:before', 'three:now', 'now', ':now', '']) {
    t.is(await access.current('ann', credential), undefined, credential);
  }
});

test('limited credentials grant no more than their limit', async (t) => {
  const limited = requestWith(basic('ann', 'two_right'));
  const grant = await access.authorize(limited, [{ type: 'repository', name: 'app', action: 'pull' }]);
  t.deepEqual(grant, { actor: { name: 'ann' }, ...READ_ONLY });
  const push = access.authorize(limited, [{ type: 'repository', name: 'app', action: 'push' }]);
  await t.throwsAsync(push, { code: 'DENIED' });
  const unlimited = await access.authorize(requestWith(basic('ann', 'one_right')), [
    { type: 'repository', name: 'app', action: 'push' },
  ]);
  t.deepEqual(unlimited, { actor: { name: 'ann' } });
});

/** An access controller whose only verifier counts what it verifies, by a clock of the test. */
function counted(given: Partial<Identity> = {}) {
  const state = { verified: 0, nowMs: 1_000_000, isCurrent: true };
  const inner = verifierOf('one', given);
  const verifier: CredentialVerifier = {
    ...inner,
    verify: (...presented) => {
      state.verified += 1;
      return inner.verify(...presented);
    },
    current: async () => (state.isCurrent ? {} : undefined),
  };
  const controller = new CredentialAccess({ realm: 'here', verifiers: [verifier], now: () => state.nowMs });
  const identify = (user: string, secret: string) => controller.identify(requestWith(basic(user, secret)));
  return { state, identify };
}

test('valid credentials are verified once, for their own user, and wrong ones every time', async (t) => {
  const { state, identify } = counted();
  const first = await identify('ann', 'one_right');
  t.deepEqual(await identify('ann', 'one_right'), first);
  t.is(state.verified, 1);
  t.is((await identify('bob', 'one_right')).actor.name, 'bob');
  t.is(state.verified, 2);
  for (let round = 0; round < 2; round += 1) await t.throwsAsync(identify('ann', 'one_wrong'));
  t.is(state.verified, 4);
});

test('remembered credentials are verified again once they are not current, and after they have ended', async (t) => {
  const { state, identify } = counted({ expiresAtMs: 1_000_500 });
  await identify('ann', 'one_right');
  state.isCurrent = false;
  await identify('ann', 'one_right');
  t.is(state.verified, 2);
  state.isCurrent = true;
  state.nowMs += 499;
  await identify('ann', 'one_right');
  t.is(state.verified, 2);
  state.nowMs += 1;
  await identify('ann', 'one_right');
  t.is(state.verified, 3);
});

test('remembered credentials keep their limit', async (t) => {
  const limited = requestWith(basic('ann', 'two_right'));
  for (let round = 0; round < 2; round += 1) {
    await t.throwsAsync(access.authorize(limited, [{ type: 'repository', name: 'app', action: 'push' }]));
  }
});

test('requests with the same credentials at the same time cost one verification, also when it fails', async (t) => {
  const counted = { right: 0, wrong: 0 };
  const one = verifierOf('one');
  const verify: CredentialVerifier['verify'] = (presented, request) => {
    counted[Buffer.from(presented.secret).toString() === 'one_right' ? 'right' : 'wrong'] += 1;
    return one.verify(presented, request);
  };
  const shared = new CredentialAccess({ realm: 'here', verifiers: [{ ...one, verify }] });
  const ask = (secret: string) =>
    Promise.allSettled(Array.from({ length: 50 }, () => shared.identify(requestWith(basic('ann', secret)))));
  const [right, wrong] = await Promise.all([ask('one_right'), ask('one_wrong')]);
  t.true(right.every(({ status }) => status === 'fulfilled'));
  t.true(wrong.every(({ status }) => status === 'rejected'));
  t.deepEqual(counted, { right: 1, wrong: 1 });
  await ask('one_wrong');
  t.deepEqual(counted, { right: 1, wrong: 2 }, 'a refusal is not remembered');
});
