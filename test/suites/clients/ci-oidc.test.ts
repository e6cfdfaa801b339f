import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { GITHUB_JOB } from '../../helpers/auth/published-claims.ts';
import { RealProvider } from '../../helpers/auth/real-provider.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { seedOf, testsOf } from './client-test.ts';
import { attempt, type Outcome, run } from './commands.ts';
import { containersHome } from './containers-home.ts';
import { readEntry, writeImageLayout } from './images/oci-layout.ts';
import { SMALL_LAYERS } from './images/recipe.ts';
import { type Registry, serveFile } from './registry.ts';

const test = testsOf('examples/access-ci-oidc.yml', { skopeo: 'skopeo', htpasswd: 'apache2-utils' });

// This file runs as dist/test/suites/clients/ci-oidc.test.js.
const EXAMPLE = join(import.meta.dirname, '../../../../examples/access-ci-oidc.yml');
const GITHUB = 'https://token.actions.githubusercontent.com';

/** Jobs with the claims of GitHub Actions. */
const JOBS = {
  app: { ...GITHUB_JOB, repository: 'example/app', repository_owner: 'example' },
  branch: { ...GITHUB_JOB, repository: 'example/app', repository_owner: 'example', ref: 'refs/heads/feature' },
  docs: { ...GITHUB_JOB, repository: 'example/docs', repository_owner: 'example', ref: 'refs/tags/v1' },
  stranger: { ...GITHUB_JOB, repository: 'stranger/app', repository_owner: 'stranger' },
};

/** The registry of the example, with ann, and a provider in place of GitHub. */
async function startExample(t: ExecutionContext): Promise<{ registry: Registry; provider: RealProvider }> {
  const [folder, provider] = [await tempRoot(t), await RealProvider.start(t, { jobs: JOBS })];
  const file = join(folder, 'config.yml');
  await writeFile(file, (await readFile(EXAMPLE, 'utf8')).replace(GITHUB, provider.issuer));
  await run('htpasswd', ['-cbB', join(folder, 'htpasswd'), 'ann', 'secret']);
  const registry = await serveFile(t, file, {
    REGISTRY_HTTP_ADDR: '127.0.0.1:0',
    REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(folder, 'root'),
  });
  return { registry, provider };
}

test('skopeo pushes as a job of its repository and branch, pulls without log-in, and no other job pushes there', async (t) => {
  const { registry, provider } = await startExample(t);
  const { folder, env } = await containersHome(t);
  const [layout, pulled] = [join(folder, 'pushed'), join(folder, 'pulled')];
  const manifest = await writeImageLayout(layout, { seed: seedOf(t), layers: SMALL_LAYERS });
  const push = async (name: string, password: string, user = 'oidc'): Promise<Outcome> => {
    const login = ['login', '--tls-verify=false', '--username', user, '--password-stdin', registry.host];
    const loggedIn = await attempt('skopeo', login, { env, input: password });
    if (loggedIn.code !== 0) return loggedIn;
    const image = `docker://${registry.host}/${name}`;
    return attempt('skopeo', ['copy', '--dest-tls-verify=false', `oci:${layout}:latest`, image], { env });
  };
  t.like(await push('app/web:v1', await provider.tokenFor('app')), { code: 0 });
  t.like(await push('cache/layers:v1', await provider.tokenFor('docs')), { code: 0 });
  for (const [job, name] of [
    ['docs', 'app/web:v2'],
    ['app', 'other/web:v1'],
    ['branch', 'app/web:v2'],
    ['stranger', 'app/web:v2'],
  ] as const) {
    const refused = await push(name, await provider.tokenFor(job));
    t.not(refused.code, 0, job);
    t.regex(refused.stderr, /denied|unauthorized|invalid username\/password/, job);
  }
  t.not((await push('app/web:v2', await provider.tokenFor('app', 'elsewhere.example.com'))).code, 0);
  t.not((await push('app/web:v2', 'secret', 'ann')).code, 0);

  await run('skopeo', ['logout', registry.host], { env });
  const source = `docker://${registry.host}/app/web:v1`;
  await run('skopeo', ['copy', '--src-tls-verify=false', source, `oci:${pulled}:latest`], { env });
  t.is((await readEntry(pulled)).digest, manifest.digest);
});
