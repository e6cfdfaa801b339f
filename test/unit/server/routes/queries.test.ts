import test from 'ava';
import { ROUTES } from '../../../../core/api/route-descriptors.ts';
import { artifact, descriptorOf, push } from '../../../helpers/content/artifacts.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { digestOf, withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';
import { WITH_ADMINISTRATION } from './access-cases.ts';

const EXTENSION = pluginSource(
  'route-extension',
  `() => bindPort(ROUTE_EXTENSION, {
    name: 'echo',
    routes: [{ path: '/query', methods: [
      { method: 'GET', access: 'none', handle: async ({ query }) => ({ status: 200, body: query.getAll('q').join() }) },
    ] }],
  })`,
);

const PARAMETERS: Readonly<Record<string, string>> = {
  name: 'app',
  reference: 'v1',
  digest: digestOf('{}'),
  uuid: '0b5d3f5e-0000-4000-8000-000000000000',
};

test('a query that is too long is 414 and one of too many parameters 400, whatever the route', async (t) => {
  const folder = await folderWith(t, { 'echo.mjs': EXTENSION });
  const registry = await withRegistry(t, { folder, others: { ...WITH_ADMINISTRATION, plugins: ['./echo.mjs'] } });
  const own = ROUTES.flatMap(({ path, methods }) => methods.map(({ method }) => ({ method, path })));
  for (const { method, path } of [...own, { method: 'GET', path: '/v2/_ext/echo/query' }]) {
    const target = path.replaceAll(/<([a-z]+)>/g, (_, name: string) => PARAMETERS[name] ?? 'x');
    for (const [query, status] of [
      ['a&'.repeat(30_000), 414],
      ['a&'.repeat(10_000), 400],
    ] as const) {
      const answer = await registry.ask(method, `${target}?${query}`);
      if (method === 'HEAD') t.is(answer.status, status, `${method} ${path}`);
      else assertError(t, answer, status, 'UNSUPPORTED');
    }
  }
  t.is((await registry.ask('GET', '/v2/_ext/echo/query?q=a+b&q=c%2Bd')).text, 'a b,c+d');
});

test('in artifactType an unescaped plus is a plus, and case does not matter', async (t) => {
  const registry = await withRegistry(t);
  const subject = artifact({ annotations: { is: 'the subject' } });
  const wanted = artifact({ subject: descriptorOf(subject), artifactType: 'application/vnd.example.report+json' });
  const other = artifact({ subject: descriptorOf(subject), artifactType: 'application/vnd.example.report' });
  for (const one of [subject, wanted, other]) await push(registry, 'app', one);
  for (const plus of ['+', '%2B', '%2b']) {
    const query = `artifactType=Application/vnd.example.Report${plus}JSON`;
    const answer = await registry.ask('GET', `/v2/app/referrers/${subject.digest}?${query}`);
    const { manifests } = JSON.parse(answer.text) as { manifests: { digest: string }[] };
    t.deepEqual(
      manifests.map(({ digest }) => digest),
      [wanted.digest],
    );
  }
});
