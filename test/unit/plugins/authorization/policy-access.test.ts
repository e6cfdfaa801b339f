import test, { type ExecutionContext } from 'ava';
import { UnauthorizedError } from '../../../../core/model/errors.ts';
import type { Access, AccessController, AccessRequest } from '../../../../core/ports/access-controller.ts';
import { PolicyAccess } from '../../../../plugins/authorization/policy-access.ts';
import { createPolicy } from '../../../../plugins/authorization/policy-settings.ts';

const PULL: Access = { type: 'repository', name: 'public/app', action: 'pull' };
const PUSH: Access = { type: 'repository', name: 'public/app', action: 'push' };
const REQUEST: AccessRequest = {
  ...{ authorization: undefined, method: 'GET', origin: undefined, root: undefined },
  ...{ address: '192.0.2.1', certificate: undefined },
};

/** Access where anybody may pull below `public`, and a controller that refuses everybody and counts how often it is asked. */
function publicAccess({ needsAuthorization }: Pick<AccessController, 'needsAuthorization'>) {
  const state = { asked: 0 };
  const controller: AccessController = {
    ...(needsAuthorization !== undefined && { needsAuthorization }),
    authorize: async () => {
      state.asked += 1;
      throw new UnauthorizedError('Basic realm="here"');
    },
  };
  const everybody = { users: [], groups: [], anonymous: true, authenticated: true } as const;
  const rules = [
    { name: 'pulls', effect: 'allow', repositories: ['public/**'], actions: ['pull'], ...everybody } as const,
  ];
  const policy = createPolicy({ rules, groups: {}, immutableTags: [] });
  return { state, access: new PolicyAccess({ controller, policy: () => policy, now: () => 0 }) };
}

test('a controller that refuses everybody without credentials is not asked about what anonymous clients may do', async (t) => {
  const { state, access } = publicAccess({ needsAuthorization: true });
  const grant = await access.authorize(REQUEST, [PULL]);
  t.is(grant.actor, undefined);
  t.is(grant.allows?.(PULL), true);
  t.is(grant.allows?.(PUSH), false);
  t.is(grant.mayList?.('private/app'), false);
  t.is(grant.ruleOf?.('pull', 'public/app'), 'pulls');
  t.is(state.asked, 0);
});

test('it is asked for a challenge where anonymous clients may not do everything that a request needs', async (t) => {
  const { state, access } = publicAccess({ needsAuthorization: true });
  await refused(t, access, [PULL, PUSH]);
  await refused(t, access, [{ ...PULL, name: 'private/app' }]);
  t.is(state.asked, 2);
});

test('it is asked whether a client needs credentials, for which no access is needed', async (t) => {
  const { state, access } = publicAccess({ needsAuthorization: true });
  await refused(t, access, []);
  t.is(state.asked, 1);
});

test('it is asked about credentials even if they are wrong and the request needs none', async (t) => {
  const { state, access } = publicAccess({ needsAuthorization: true });
  await refused(t, access, [PULL], { ...REQUEST, authorization: 'Basic YTpi' });
  t.is(state.asked, 1);
});

test('another controller is asked about every request, because it may know the client by its certificate', async (t) => {
  const { state, access } = publicAccess({});
  t.is((await access.authorize(REQUEST, [PULL])).actor, undefined);
  t.is(state.asked, 1);
});

async function refused(
  t: ExecutionContext,
  access: AccessController,
  accesses: readonly Access[],
  request = REQUEST,
): Promise<void> {
  await t.throwsAsync(access.authorize(request, accesses), { instanceOf: UnauthorizedError });
}
