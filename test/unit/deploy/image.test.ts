import test from 'ava';
import { deployedConfiguration, portOf, rootOf, textOf } from './deployed.ts';

/** The instructions of the last stage, with continued lines joined. */
async function instructions(): Promise<ReadonlyMap<string, string>> {
  const lines = (await textOf('Dockerfile')).replaceAll(/\s*\\\n\s*/g, ' ').split('\n');
  const stage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  return new Map(
    stage.flatMap((line) => {
      const [, name, value] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

test('the image runs as a numbered user who is not root, without a shell before the registry', async (t) => {
  const image = await instructions();
  t.regex(image.get('USER') ?? '', /^[1-9]\d*:[1-9]\d*$/);
  t.deepEqual(JSON.parse(image.get('ENTRYPOINT') ?? ''), ['stowage']);
});

test('its command, port, volume and health check are those of its configuration', async (t) => {
  const image = await instructions();
  const configuration = await deployedConfiguration({});
  const port = String(portOf(configuration));
  const [command, file] = JSON.parse(image.get('CMD') ?? '') as string[];
  t.is(command, 'serve');
  t.is(image.get('COPY'), `deploy/config.yml ${file}`);
  t.is(image.get('EXPOSE'), port);
  t.is(image.get('VOLUME'), rootOf(configuration));
  t.true(image.get('HEALTHCHECK')?.includes(`fetch('http://127.0.0.1:${port}/livez')`));
});

test('it has the major version of Node that the package is developed with', async (t) => {
  const { devDependencies } = JSON.parse(await textOf('package.json')) as { devDependencies: { node: string } };
  const [, image] = /^ARG NODE_IMAGE=node:(\d+)-/m.exec(await textOf('Dockerfile')) ?? [];
  t.is(image, devDependencies.node.split('.')[0]);
});
