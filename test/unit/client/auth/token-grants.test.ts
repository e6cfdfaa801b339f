import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { type Credentials, RemoteError } from '../../../../client/index.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer } from '../../../helpers/client/scripted-server.ts';
import { tokenRegistry } from '../../../helpers/client/token-registry.ts';

const NAME = parseRepositoryName('team/app');
const DIGEST = digestOf(Buffer.from('x'));
const USER: Credentials = { username: 'ann', password: 'secret', origin: 'auth.json (auths "x")' };
const TOKEN_ONLY: Credentials = { username: '', password: '', identityToken: 'OLD', origin: 'auth.json (auths "x")' };

/** What a token server answers to a request, by its method and the grant of its form. */
type Answers = Readonly<Record<string, readonly [status: number, body: object]>>;

/** Asks a registry, whose token server answers so, for a blob. @returns how tokens were asked for */
async function grants(t: ExecutionContext, credentials: Credentials, answers: Answers) {
  const asked: string[] = [];
  const server = await tokenRegistry(t, {
    token: async (request, response) => {
      const grant = await grantOf(request);
      asked.push(grant);
      const [status, body] = answers[grant] ?? [500, {}];
      return answer(response, status, body);
    },
  });
  const remote = openRemote(t, server.address, { credentials: { find: async () => credentials } });
  const error = await remote.layers.exists(NAME, DIGEST).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { asked, error, remote };
}

async function grantOf(request: IncomingMessage): Promise<string> {
  const form = new URLSearchParams(await text(request));
  if (request.method === 'GET') return `GET ${request.headers.authorization === undefined ? '' : 'Basic'}`.trim();
  const secret = form.get('refresh_token') ?? `${form.get('username')}:${form.get('password')}`;
  return `${form.get('grant_type')} ${secret} ${form.get('client_id')} ${form.get('service')} ${form.get('scope')}`;
}

const FOR = 'stowage here repository:team/app:pull';
const GIVEN = [200, { access_token: 't' }] as const;

test('a password goes by GET with Basic, and by POST where the token server does not know that', async (t) => {
  t.deepEqual((await grants(t, USER, { 'GET Basic': GIVEN })).asked, ['GET Basic']);
  for (const status of [404, 405]) {
    const { asked, error } = await grants(t, USER, {
      'GET Basic': [status, {}],
      [`password ann:secret ${FOR}`]: GIVEN,
    });
    t.deepEqual(asked, ['GET Basic', `password ann:secret ${FOR}`]);
    t.is(error, undefined);
  }
});

test('a password that is refused is sent once', async (t) => {
  const { asked, error } = await grants(t, USER, { 'GET Basic': [401, { details: 'incorrect password' }] });
  t.deepEqual(asked, ['GET Basic']);
  t.deepEqual((await grants(t, USER, { 'GET Basic': [400, { error: 'invalid_request' }] })).asked, ['GET Basic']);
  t.true(error instanceof RemoteError && error.code === 'UNAUTHORIZED');
  t.regex((error as RemoteError).message, /401 Unauthorized \(incorrect password\)$/);
  t.is((error as RemoteError).advice, 'check the credentials from auth.json (auths "x") and their permissions');
});

test('a token server that knows neither way is the error of the first', async (t) => {
  const { error } = await grants(t, USER, { 'GET Basic': [404, {}], [`password ann:secret ${FOR}`]: [405, {}] });
  t.is((error as RemoteError).status, 404);
});

test('an identity token goes by POST, and a password beside it by GET where that is not known', async (t) => {
  const both = { ...USER, identityToken: 'OLD' };
  t.deepEqual((await grants(t, both, { [`refresh_token OLD ${FOR}`]: GIVEN })).asked, [`refresh_token OLD ${FOR}`]);
  for (const refused of [
    [404, {}],
    [405, {}],
    [400, { error: 'unsupported_grant_type' }],
  ] as const) {
    const { asked, error } = await grants(t, both, { [`refresh_token OLD ${FOR}`]: refused, 'GET Basic': GIVEN });
    t.deepEqual(asked, [`refresh_token OLD ${FOR}`, 'GET Basic']);
    t.is(error, undefined);
  }
});

test('an identity token that is refused is not followed by the password, and never asked for anonymously', async (t) => {
  const refused = {
    [`refresh_token OLD ${FOR}`]: [400, { error: 'invalid_grant', error_description: 'it ended' }],
  } as const;
  for (const credentials of [{ ...USER, identityToken: 'OLD' }, TOKEN_ONLY]) {
    const { asked, error } = await grants(t, credentials, refused);
    t.deepEqual(asked, [`refresh_token OLD ${FOR}`]);
    t.is((error as RemoteError).code, 'UNAUTHORIZED');
    t.regex((error as RemoteError).message, /\(it ended\)$/);
  }
});

test('a refresh token that the token server gives takes the place of the one that was found', async (t) => {
  const { asked, remote } = await grants(t, TOKEN_ONLY, {
    [`refresh_token OLD ${FOR}`]: [200, { access_token: 't', refresh_token: 'NEXT' }],
    [`refresh_token NEXT ${FOR.replace('app', 'other')}`]: GIVEN,
  });
  await remote.layers.exists(parseRepositoryName('team/other'), DIGEST);
  t.deepEqual(asked, [`refresh_token OLD ${FOR}`, `refresh_token NEXT ${FOR.replace('app', 'other')}`]);
});
