import test from 'ava';
import { CHECKS } from '../../../verify/checks/index.ts';
import { guardedRegistry } from '../../helpers/verify/guarded-registry.ts';
import { shortcomings, verification } from '../../helpers/verify/verification.ts';

const checks = CHECKS.filter(({ group }) => group === 'auth');

test('a registry that asks for tokens keeps every rule of authentication', async (t) => {
  const guarded = await guardedRegistry(t, 'token');
  const { results } = await verification(t, guarded, { checks, transport: guarded.transport() });
  t.deepEqual(shortcomings(results), []);
});

test('a registry that asks for passwords keeps every rule that is not of tokens', async (t) => {
  const guarded = await guardedRegistry(t, 'password');
  const { results } = await verification(t, guarded, { checks, transport: guarded.transport() });
  t.deepEqual(
    shortcomings(results),
    ['realm', 'scope-of-pull', 'scope-of-push', 'weak-token-refused'].map(
      (id) => `skipped auth/${id}: the registry asks for passwords, not for tokens`,
    ),
  );
});
