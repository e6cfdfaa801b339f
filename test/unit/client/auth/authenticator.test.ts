import type { IncomingMessage, ServerResponse } from 'node:http';
import test from 'ava';
import { type CredentialRequest, type Credentials, RemoteError, TransferError } from '../../../../client/index.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { tokenRegistry } from '../../../helpers/client/token-registry.ts';

const NAME = parseRepositoryName('team/app');
const DIGEST = digestOf(Buffer.from('x'));
const USER: Credentials = { username: 'ann', password: 'secret', origin: 'auth.json (auths "x")' };
const BASIC = `Basic ${Buffer.from('ann:secret').toString('base64')}`;

const source = (credentials: Credentials | undefined, found: string[] = []) => ({
  find: async (host: string, { repository }: { repository?: string | undefined } = {}) => {
    found.push(`${host} ${repository}`);
    return credentials;
  },
});

test('a registry that lets everybody in sees no credentials', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) => answer(response, 200));
  const found: string[] = [];
  const { layers } = openRemote(t, server.address, { credentials: source(USER, found) });
  await layers.exists(NAME, DIGEST);
  t.deepEqual(found, []);
  t.is(server.seen[0]?.headers.authorization, undefined);
});

test('a Basic challenge is answered once, and later requests bring the answer', async (t) => {
  const server = await ScriptedServer.start(t, ({ headers }, response) =>
    headers.authorization === BASIC
      ? answer(response, 200)
      : answer(response, 401, {}, { 'WWW-Authenticate': 'Basic realm="here"' }),
  );
  const found: string[] = [];
  const { layers } = openRemote(t, server.address, { credentials: source(USER, found) });
  t.true(await layers.exists(NAME, DIGEST));
  t.true(await layers.exists(NAME, DIGEST));
  t.deepEqual(
    server.seen.map(({ headers }) => headers.authorization),
    [undefined, BASIC, BASIC],
  );
  t.deepEqual(found, [`${new URL(server.address).host} team/app`]);
});

test('refused credentials are sent once, and the error says where they come from', async (t) => {
  const body = { errors: [{ code: 'UNAUTHORIZED', message: 'no' }] };
  const server = await ScriptedServer.start(t, (_, response) =>
    answer(response, 401, body, { 'WWW-Authenticate': 'Basic realm="x"' }),
  );
  const remote = openRemote(t, server.address, { credentials: source(USER) });
  const error = await t.throwsAsync(remote.ping(), { instanceOf: RemoteError, code: 'UNAUTHORIZED' });
  t.is(error.credentialsOrigin, USER.origin);
  t.regex(error.advice, /auth\.json/);
  t.is(server.seen.length, 2);
  const anonymous = await t.throwsAsync(openRemote(t, server.address).ping(), { instanceOf: RemoteError });
  t.regex(anonymous.advice, /^log in to 127\.0\.0\.1/);
});

test('an anonymous token is got by GET with service and scope, and kept for the scope', async (t) => {
  const asked: string[] = [];
  const server = await tokenRegistry(t, {
    token: ({ headers }, response, { searchParams }) => {
      asked.push(`${headers.authorization} ${searchParams.get('service')} ${searchParams.getAll('scope').join(' ')}`);
      return answer(response, 200, { token: `t${asked.length}`, expires_in: 300 });
    },
  });
  const { layers } = openRemote(t, server.address);
  const all = await Promise.all([1, 2, 3].map(() => layers.exists(NAME, DIGEST)));
  t.deepEqual(all, [true, true, true]);
  await layers.stat(NAME, DIGEST);
  t.deepEqual(asked, ['undefined here repository:team/app:pull']);
  await layers.exists(parseRepositoryName('other'), DIGEST);
  t.is(asked.at(-1), 'undefined here repository:other:pull');
});

test('a token with a password is got with Basic; the password never goes to the registry', async (t) => {
  const server = await tokenRegistry(t, {
    token: (request, response, url) => {
      t.is(request.headers.authorization, BASIC);
      t.is(url.searchParams.get('account'), 'ann');
      return answer(response, 200, { access_token: 'abc' });
    },
  });
  const { layers } = openRemote(t, server.address, { credentials: source(USER) });
  t.true(await layers.exists(NAME, DIGEST));
  const toRegistry = server.seen.filter(({ url }) => !url.startsWith('/token'));
  t.deepEqual(
    toRegistry.map(({ headers }) => headers.authorization),
    [undefined, 'Bearer abc'],
  );
});

test('an identity token is exchanged by POST, and a registry token is sent as it is', async (t) => {
  const server = await tokenRegistry(t, {
    token: async (request, response) => {
      let form = '';
      for await (const chunk of request as AsyncIterable<Buffer>) form += chunk.toString();
      const fields = Object.fromEntries(new URLSearchParams(form));
      t.is(request.method, 'POST');
      t.like(fields, { grant_type: 'refresh_token', refresh_token: 'refresh', scope: 'repository:team/app:pull' });
      return answer(response, 200, { access_token: 'abc', scope: '' });
    },
  });
  const identity = { ...USER, identityToken: 'refresh' };
  t.true(await openRemote(t, server.address, { credentials: source(identity) }).layers.exists(NAME, DIGEST));
  const ready = { ...USER, registryToken: 'ready' };
  t.true(await openRemote(t, server.address, { credentials: source(ready) }).layers.exists(NAME, DIGEST));
  t.is(server.seen.at(-1)?.headers.authorization, 'Bearer ready');
});

test('a token that is refused before its end is replaced once', async (t) => {
  let tokens = 0;
  let valid = 't1';
  const server = await tokenRegistry(t, {
    takes: (token) => token === valid,
    token: (_, response) => answer(response, 200, { token: `t${++tokens}`, expires_in: 3600 }),
  });
  const { layers } = openRemote(t, server.address);
  t.true(await layers.exists(NAME, DIGEST));
  valid = 't2';
  t.true(await layers.exists(NAME, DIGEST));
  t.is(tokens, 2);
});

test('a registry that takes no token ends in an error after a few, not in a loop', async (t) => {
  let tokens = 0;
  const server = await tokenRegistry(t, {
    takes: () => false,
    token: (_, response) => answer(response, 200, { token: `t${++tokens}` }),
  });
  const { layers } = openRemote(t, server.address);
  await t.throwsAsync(layers.exists(NAME, DIGEST), { instanceOf: RemoteError, code: 'UNAUTHORIZED' });
  t.true(tokens <= 3, `${tokens} tokens`);
});

test('scopes that the registry asks for in addition are part of the next token', async (t) => {
  const scopes: string[] = [];
  const server = await tokenRegistry(t, {
    scope: `repository:${NAME}:pull repository:mirror:pull`,
    token: (_, response, url) => {
      scopes.push(url.searchParams.getAll('scope').join(' '));
      return answer(response, 200, { token: 't' });
    },
  });
  await openRemote(t, server.address).layers.exists(NAME, DIGEST);
  t.deepEqual(scopes, ['repository:team/app:pull repository:mirror:pull']);
});

test('no password is sent to a realm that is not HTTP', async (t) => {
  const server = await tokenRegistry(t, { realm: 'ftp://127.0.0.1/token', token: () => t.fail() });
  const { layers } = openRemote(t, server.address, { credentials: source(USER) });
  await t.throwsAsync(layers.exists(NAME, DIGEST), {
    instanceOf: TransferError,
    message: /cannot be requested safely/,
  });
});

test('a token server that refuses, fails, or has no token is a typed error', async (t) => {
  const answers: [number, unknown][] = [
    [401, {}],
    [200, {}],
    [200, { token: 'a\nb' }],
    [200, 'no JSON'],
    [404, {}],
  ];
  const errors: string[] = [];
  for (const [status, body] of answers) {
    const server = await tokenRegistry(t, { token: (_, response) => answer(response, status, body) });
    const { layers } = openRemote(t, server.address, { credentials: source(USER) });
    const error = await t.throwsAsync(layers.exists(NAME, DIGEST));
    errors.push(error instanceof TransferError ? error.reason : error instanceof RemoteError ? error.code : '?');
  }
  t.deepEqual(errors, ['UNAUTHORIZED', 'malformed', 'malformed', 'malformed', 'ROUTE_UNKNOWN']);
});

test('a refusal by the token server says to log in to the registry', async (t) => {
  const tokens = await ScriptedServer.start(t, (_, response) => answer(response, 401));
  const server = await tokenRegistry(t, { realm: `${tokens.address}/token`, token: () => t.fail() });
  const error = await t.throwsAsync(openRemote(t, server.address).layers.exists(NAME, DIGEST), {
    instanceOf: RemoteError,
  });
  t.is(error.advice, `log in to ${new URL(server.address).host}`);
});

test('a refused refresh token is UNAUTHORIZED, though OAuth says 400', async (t) => {
  const server = await tokenRegistry(t, {
    token: (_, response) => answer(response, 400, { error: 'invalid_grant' }),
  });
  const { layers } = openRemote(t, server.address, { credentials: source({ ...USER, identityToken: 'old' }) });
  const error = await t.throwsAsync(layers.exists(NAME, DIGEST), { instanceOf: RemoteError, code: 'UNAUTHORIZED' });
  t.is(error.credentialsOrigin, USER.origin);
});

test('an error of the source of credentials is the error of the call, and it is asked again', async (t) => {
  const server = await tokenRegistry(t, { token: (_, response) => answer(response, 200, { token: 't' }) });
  let calls = 0;
  const find = async () => {
    if (++calls === 1) throw new Error('the helper failed');
    return undefined;
  };
  const { layers } = openRemote(t, server.address, { credentials: { find } });
  await t.throwsAsync(layers.exists(NAME, DIGEST), { message: 'the helper failed' });
  t.true(await layers.exists(NAME, DIGEST));
});

test('an aborted call does not wait for a token that others wait for', async (t) => {
  const held: ServerResponse[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = await tokenRegistry(t, {
    token: (_, response) => {
      held.push(response);
      resolve();
    },
  });
  const { layers } = openRemote(t, server.address);
  const abort = new AbortController();
  const aborted = layers.exists(NAME, DIGEST, { signal: abort.signal });
  const other = layers.exists(NAME, DIGEST);
  await promise;
  const reason = new Error('enough');
  abort.abort(reason);
  t.is(await t.throwsAsync(aborted), reason);
  for (const response of held) answer(response, 200, { token: 't' });
  t.true(await other);
});

test('a source of credentials is told when nobody waits for it any more, and not before', async (t) => {
  const server = await tokenRegistry(t, { token: (_, response) => answer(response, 200, { token: 't' }) });
  const asked = Promise.withResolvers<AbortSignal>();
  let calls = 0;
  const find = async (_: string, { signal }: CredentialRequest = {}): Promise<undefined> => {
    calls += 1;
    if (signal === undefined || calls > 1) return undefined;
    asked.resolve(signal);
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  };
  const { layers } = openRemote(t, server.address, { credentials: { find } });
  const [first, second] = [new AbortController(), new AbortController()];
  const one = t.throwsAsync(layers.exists(NAME, DIGEST, { signal: first.signal }));
  const signal = await asked.promise;
  const other = t.throwsAsync(layers.exists(NAME, DIGEST, { signal: second.signal }));
  await new Promise(setImmediate);
  first.abort();
  await one;
  t.false(signal.aborted);
  second.abort();
  await other;
  t.true(signal.aborted);
  t.true(await layers.exists(NAME, DIGEST));
});

test('a login after a refusal counts, with a token server and without', async (t) => {
  for (const scheme of ['bearer', 'basic'] as const) {
    let password = 'old';
    const isNew = (header = ''): boolean => header === `Basic ${Buffer.from('ann:new').toString('base64')}`;
    const registry = {
      token: (request: IncomingMessage, response: ServerResponse) =>
        answer(response, isNew(request.headers.authorization) ? 200 : 401, { token: 't' }),
    };
    const server =
      scheme === 'bearer'
        ? await tokenRegistry(t, registry)
        : await ScriptedServer.start(t, (request, response) =>
            isNew(request.headers.authorization)
              ? answer(response, 200)
              : answer(response, 401, {}, { 'WWW-Authenticate': 'Basic realm="here"' }),
          );
    const find = async () => ({ ...USER, username: 'ann', password });
    const { layers } = openRemote(t, server.address, { credentials: { find } });
    await t.throwsAsync(layers.exists(NAME, DIGEST), { code: 'UNAUTHORIZED' }, scheme);
    password = 'new';
    t.true(await layers.exists(NAME, DIGEST), scheme);
  }
});
