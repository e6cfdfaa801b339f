import test from 'ava';
import { RegistryError } from '../../../core/model/errors.ts';
import { changedRegistry } from '../../helpers/running/changed-registry.ts';
import { clientCommands } from '../../helpers/running/client-commands.ts';
import { runInProcess } from '../../helpers/running/run-in-process.ts';

function lastLine(text: string): unknown {
  return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
}

test('with --json an error is the last line of standard error, as JSON', async (t) => {
  const { host, home, stowage } = await clientCommands(t);
  const { code, stdout, stderr } = await stowage('copy', `${host}/app:v1`, `oci:${home}/layout`, '--json');
  t.is(code, 4);
  t.is(stdout, '');
  t.like(lastLine(stderr), {
    type: 'error',
    exitCode: 4,
    code: 'MANIFEST_UNKNOWN',
    status: 404,
    advice: 'check the name, the tag and the digest',
  });
});

test('with --json wrong usage is a line of JSON as well', async (t) => {
  for (const args of [
    ['tags', '--json'],
    ['tags', 'a', '--json', '--unknown'],
    ['tags', 'a:b', '--json'],
  ]) {
    const { code, stderr } = await runInProcess(args);
    t.is(code, 2);
    t.like(lastLine(stderr), { type: 'error', exitCode: 2 });
  }
});

test('with --json what a sync says of images that fail is JSON, too', async (t) => {
  const { registry, host, home, stowage } = await changedRegistry(t, ({ layers }) => ({
    layers: { ...layers, fetch: () => Promise.reject(new RegistryError('BLOB_UNKNOWN')) },
  }));
  await registry.pushImage('app', 'v1');
  const { code, stderr } = await stowage('sync', `${host}/app`, `oci:${home}/layout`, '--json', '--keep-going');
  t.is(code, 1);
  for (const text of stderr.trimEnd().split('\n')) t.true('type' in (JSON.parse(text) as object), text);
  t.like(lastLine(stderr), { type: 'note', message: '1 image failed, 0 copied; the same command tries them again' });
});
