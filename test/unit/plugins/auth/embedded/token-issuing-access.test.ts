import test from 'ava';
import { UnauthorizedError } from '../../../../../core/model/errors.ts';
import type { Access, AccessRequest } from '../../../../../core/ports/access-controller.ts';
import { CredentialAccess } from '../../../../../plugins/auth/credentials/credential-access.ts';
import type { CredentialVerifier } from '../../../../../plugins/auth/credentials/credential-verifier.ts';
import type { AccessLimit, CurrentCredential } from '../../../../../plugins/auth/credentials/identity.ts';
import { DerivedSigningKeys } from '../../../../../plugins/auth/embedded/derived-signing-keys.ts';
import { EmbeddedTokens } from '../../../../../plugins/auth/embedded/embedded-tokens.ts';
import { TokenIssuingAccess } from '../../../../../plugins/auth/embedded/token-issuing-access.ts';

const BEGIN_MS = Date.UTC(2030, 0, 1);
const PULL: Access = { type: 'repository', name: 'app', action: 'pull' };
const PUSH: Access = { type: 'repository', name: 'app', action: 'push' };
const SCOPES = [{ type: 'repository', name: 'app', actions: ['pull', 'push'] }];
const ANN = { actor: { name: 'ann' }, credential: 'secret:1' };

/** Access with tokens, at a time and with credentials that the test changes. */
function tokenAccess() {
  const state: { nowMs: number; current: CurrentCredential | undefined } = { nowMs: BEGIN_MS, current: {} };
  const keys = new DerivedSigningKeys(() => []);
  const tokens = new EmbeddedTokens({ service: 'here', keys, lifeMs: 300_000, now: () => state.nowMs });
  const verifier: CredentialVerifier = {
    kind: 'secret',
    recognises: () => true,
    verify: () => Promise.resolve(ANN),
    current: () => Promise.resolve(state.current),
  };
  const controller = new CredentialAccess({ realm: 'here', verifiers: [verifier] });
  return { state, tokens, access: new TokenIssuingAccess({ controller, tokens, offersTokens: () => true }) };
}

function bearing(token: string): AccessRequest {
  return {
    ...{ authorization: `Bearer ${token}`, method: 'GET' },
    ...{ origin: undefined, root: undefined, address: undefined, certificate: undefined },
  };
}

test('a token is not valid for longer than the credentials by which it was obtained', async (t) => {
  const { state, tokens, access } = tokenAccess();
  const { token, expiresIn } = await tokens.issue({ ...ANN, expiresAtMs: BEGIN_MS + 60_000 }, SCOPES);
  t.is(expiresIn, 60);
  state.nowMs += 59_000;
  t.is((await access.authorize(bearing(token), [PULL])).actor?.name, 'ann');
  state.nowMs += 1_000;
  await t.throwsAsync(access.authorize(bearing(token), [PULL]), { instanceOf: UnauthorizedError });
  t.is((await tokens.issue({ ...ANN, expiresAtMs: BEGIN_MS }, SCOPES)).expiresIn, 0);
});

test('a token ends with its credentials', async (t) => {
  const { state, tokens, access } = tokenAccess();
  const { token } = await tokens.issue(ANN, SCOPES);
  t.true((await access.authorize(bearing(token), [PUSH])).allows?.(PUSH));
  state.current = undefined;
  await t.throwsAsync(access.authorize(bearing(token), [PULL]), { instanceOf: UnauthorizedError });
});

test('a token has the limit of its credentials, too', async (t) => {
  const { state, tokens, access } = tokenAccess();
  const limit: AccessLimit = {
    allows: ({ action }) => action === 'pull',
    mayList: () => false,
    mayOverwrite: () => false,
  };
  state.current = { limit };
  const { token } = await tokens.issue(ANN, SCOPES);
  const grant = await access.authorize(bearing(token), [PULL]);
  t.deepEqual([grant.allows?.(PULL), grant.allows?.(PUSH), grant.mayList?.('app')], [true, false, false]);
  await t.throwsAsync(access.authorize(bearing(token), [PUSH]), { instanceOf: UnauthorizedError });
});
