import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { startNode } from '../../helpers/processes/run-process.ts';
import { clientCommands } from '../../helpers/running/client-commands.ts';

/** Prints the URL of every file that is loaded. */
const HOOK = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => {
    if (url.startsWith('file:')) console.error('loaded ' + url);
    return next(url, context);
  } });`)}`;

/** The modules that are in the files which a command loads. */
async function modulesOf(t: ExecutionContext, ...args: readonly string[]): Promise<string> {
  const { code, stderr } = await startNode(['--import', HOOK, 'dist/bundle/bin.js', ...args]).finished;
  t.is(code, 0, stderr);
  const urls = Array.from(stderr.matchAll(/^loaded (.*)$/gm), ([, url = '']) => url);
  const texts = await Promise.all(urls.map((url) => readFile(fileURLToPath(url), 'latin1')));
  return texts.flatMap((text) => text.match(/^\/\/(?:#region)? ?(?:dist|node_modules)\/\S+/gm) ?? []).join('\n');
}

const OF_A_SERVER =
  /koa|inversify|ioredis|pino|zod|\/yaml\/|dist\/(?:drivers|testing|server\/(?:routes|http|composition|config\/sections))/;

test('a list of tags loads nothing of a server, nor of what copies images', async (t) => {
  const { registry, host } = await clientCommands(t);
  await registry.pushImage('app', 'v1');
  const modules = await modulesOf(t, 'tags', `${host}/app`);
  t.regex(modules, /dist\/client\/remote\/remote-registry/);
  t.notRegex(modules, OF_A_SERVER);
  t.notRegex(
    modules,
    /modern-tar|semver|dist\/client\/(?:copy\/copy\.|stores\/(?:archive|layout))|dist\/cli\/progress/,
  );
});

test('a pull loads nothing of a server', async (t) => {
  const { registry, host, home } = await clientCommands(t);
  await registry.pushImage('app', 'v1');
  const modules = await modulesOf(t, 'pull', `${host}/app:v1`, `oci:${home}/layout`);
  t.regex(modules, /dist\/client\/copy\/copy\./);
  t.notRegex(modules, OF_A_SERVER);
});

test('the version and the help load no configuration and no client', async (t) => {
  const modules = await modulesOf(t, '--version');
  t.notRegex(modules, OF_A_SERVER);
  t.notRegex(modules, /undici|dist\/client/);
});
