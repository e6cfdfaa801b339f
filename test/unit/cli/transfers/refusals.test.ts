import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { RegistryError } from '../../../../core/model/errors.ts';
import { answer, type Script, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { serveRegistry } from '../../../helpers/http/serve-registry.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { changedRegistry } from '../../../helpers/running/changed-registry.ts';
import { userOf } from '../../../helpers/running/client-commands.ts';

const CLEAR_SCREEN = '\u001B[2J';

async function scripted(t: ExecutionContext, script: Script) {
  const server = await ScriptedServer.start(t, script);
  return { server, ...(await userOf(t, server)) };
}

for (const command of [['copy'], ['sync'], ['sync', '-r'], ['diff'], ['rm', '--keep-going']]) {
  test(`${command.join(' ')} sends nothing when --plain-http would hold for two registries`, (t) =>
    sendsNothing(t, command, {
      options: ['--plain-http'],
      message: /--plain-http would hold for \S+ and \S+; name the one without TLS/,
    }));

  testWithCertificates(
    `${command.join(' ')} sends nothing when --cert-file would hold for two registries`,
    async (t, { certificates }) => {
      const { certFile, keyFile } = await certificates.make('client', 'client');
      await sendsNothing(t, command, {
        options: ['--cert-file', certFile, '--key-file', keyFile],
        message: /--cert-file would be shown to \S+ and \S+; put the/,
      });
    },
  );
}

async function sendsNothing(
  t: ExecutionContext,
  [command = '', ...rest]: readonly string[],
  { options, message }: { readonly options: readonly string[]; readonly message: RegExp },
): Promise<void> {
  const { server, stowage } = await scripted(t, (_, response) => answer(response, 404));
  const other = await ScriptedServer.start(t, (_, response) => answer(response, 404));
  const tag = command === 'sync' ? '' : ':v1';
  const images = [server, other].map(({ address }) => `${new URL(address).host}/team/app${tag}`);
  const { code, stderr } = await stowage(command, ...rest, ...images, ...options);
  t.is(code, 2, stderr);
  t.regex(stderr, message);
  t.deepEqual([...server.seen, ...other.seen], []);
}

for (const [refusal, code] of [
  ['UNAUTHORIZED', 5],
  ['DENIED', 5],
  ['BLOB_UNKNOWN', 4],
] as const) {
  test(`a copy of which a blob is answered with ${refusal} ends with ${code}`, async (t) => {
    const from = await changedRegistry(t, ({ layers }) => ({
      layers: { ...layers, fetch: () => Promise.reject(new RegistryError(refusal)) },
    }));
    await from.registry.pushImage('app', 'v1');
    const to = await serveRegistry(t, memoryRegistry());
    for (const target of [`${new URL(to.address).host}/app:v1`, `oci:${join(from.home, 'layout')}`]) {
      const copied = await from.stowage('copy', `${from.host}/app:v1`, target, '-q');
      t.is(copied.code, code, copied.stderr);
    }
  });
}

test('a registry cannot move the cursor of a terminal by what it says of an image that fails', async (t) => {
  const { host, stowage } = await scripted(t, ({ url }, response) => {
    if (url?.includes('/_catalog') === true) answer(response, 200, { repositories: ['team/app'] });
    else answer(response, 403, { errors: [{ code: 'DENIED', message: `${CLEAR_SCREEN}all is well` }] });
  });
  for (const command of [
    ['rm', '--keep-going', `${host}/team/app:v1`],
    ['sync', '-r', '--keep-going', `${host}/team`, `${host}/mirror`],
  ]) {
    const { code, stderr } = await stowage(...command);
    t.is(code, 1);
    t.regex(stderr, /all is well/);
    t.false(stderr.includes(CLEAR_SCREEN));
  }
});

test('sync of a registry goes on after a repository whose tags cannot be listed if it shall, and ends with 3', async (t) => {
  const { registry, host, stowage } = await changedRegistry(t, ({ tags }) => ({
    tags: {
      list: (name, ...rest) =>
        name === 'team/b' ? Promise.reject(new RegistryError('DENIED', { name })) : tags.list(name, ...rest),
    },
  }));
  for (const name of ['team/a', 'team/b', 'team/c']) await registry.pushImage(name, 'v1');
  const sync = ['sync', '-r', `${host}/team`, `${host}/mirror`, '-q'];
  const { code, stdout, stderr } = await stowage(...sync, '--keep-going');
  t.is(code, 3);
  t.regex(stdout, /^\S+\/mirror\/a:v1@\S+\n\S+\/mirror\/c:v1@\S+\n$/);
  t.regex(stderr, /^stowage: \S+\/team\/b: .*DENIED/m);
  t.regex(stderr, /^stowage: 1 repository failed, 2 copied; the same command tries them again$/m);
  t.is((await stowage(...sync)).code, 5);
});

for (const status of [401, 403, 405]) {
  test(`a registry that answers ${status} to the end of the upload that proves a login has proven the push`, async (t) => {
    const { host, home, stowage } = await scripted(t, ({ method }, response) => {
      if (method === 'POST') answer(response, 202, '', { Location: '/v2/app/blobs/uploads/1' });
      else answer(response, method === 'DELETE' ? status : 200);
    });
    const { code, stderr } = await stowage('login', `${host}/app`, '-u', 'ann', '-p', 'secret');
    t.is(code, 0, stderr);
    t.true((await readFile(join(home, '.docker/config.json'), 'utf8')).includes(host));
  });
}
