import { readFile } from 'node:fs/promises';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';
import { JobTokens } from './pages/job-tokens.ts';
import { Reader } from './pages/reader.ts';

const needs = missingPackages({
  curl: 'curl',
  jq: 'jq',
  htpasswd: 'apache2-utils',
  nginx: 'nginx-light',
  openssl: 'openssl',
  'redis-server': 'redis-server',
  skopeo: 'skopeo',
});
const test = testsThatNeed(needs, {
  describe: (count) => `all ${count} walks through the quick starts`,
  isSerial: true,
});

test('a person who knows docker gets from the README to a TLS registry behind nginx with log-in', async (t) => {
  const readme = await readFile('README.md', 'utf8');
  for (const page of ['laptop', 'nginx']) t.true(readme.includes(`(docs/quick-starts/${page}.md)`));
  const reader = await Reader.open(t);
  await reader.install();
  await reader.follow('docs/quick-starts/nginx.md');

  t.is(
    await reader.sh('curl -sk -o answer -w "%{http_code}" https://registry.example.com/v2/team/alpine/tags/list'),
    '401',
  );
  t.is(
    await reader.sh('stowage digest registry.example.com/team/alpine'),
    await reader.sh('skopeo inspect oci:pulled:latest --format "{{.Digest}}"'),
  );
  t.regex(
    await reader.sh('curl -sk -H "Accept: text/html" https://registry.example.com/'),
    /docker pull localhost:\d+\//,
  );
  t.is(await reader.sh('curl -sk -o answer -w "%{http_code}" https://registry.example.com/readyz'), '404');
  // nginx has told the registry who the client is and that it speaks TLS.
  t.regex(
    await reader.sh(
      'curl -sk -u "ann:correct horse" -D - -o answer -X POST https://registry.example.com/v2/team/alpine/blobs/uploads/',
    ),
    /^location: https:\/\/localhost:\d+\/v2\/team\/alpine/im,
  );
});

test('a person who follows the page about TLS pushes to a registry that does TLS itself', async (t) => {
  const reader = await Reader.open(t);
  await reader.install();
  await reader.follow('docs/quick-starts/tls.md');
  t.is(
    await reader.sh('curl -sk -o answer -w "%{http_code}" https://registry.example.com:5000/v2/team/alpine/tags/list'),
    '401',
  );
  t.is(await reader.sh('stowage tags registry.example.com:5000/team/alpine'), 'latest');
});

test('a person who follows the page about access has users, pulls for everybody, and CI without secrets', async (t) => {
  const github = await JobTokens.start(t);
  const reader = await Reader.open(t, { 'https://token.actions.githubusercontent.com': github.issuer });
  await reader.install();
  await reader.follow('docs/quick-starts/access.md');
  const image = 'docker://registry.example.com:5000/team/alpine';
  const push = (tag: string, more: string) => reader.sh(`skopeo copy ${more} oci:build:v1 ${image}:${tag}`);
  const [ann, bob] = ['ann', 'bob'].map((user) => `--dest-creds "${user}:$CI_PASSWORD"`) as [string, string];
  await t.throwsAsync(push('other', ''), { message: /unauthorized|denied/ });
  await push('v1', bob);
  await t.throwsAsync(push('latest', bob), { message: /denied/ });
  await push('latest', ann);
  await t.throwsAsync(reader.sh(`skopeo copy ${ann} oci:alpine:latest ${image}:v1`), { message: /immutable/i });
  t.is(
    await reader.sh('stowage digest registry.example.com:5000/team/alpine'),
    await reader.sh('skopeo inspect oci:build:v1 --format "{{.Digest}}"'),
  );

  await reader.sh('skopeo logout --all');
  const workflow = (claims: Readonly<Record<string, string>>) =>
    reader.runWorkflow('.github/workflows/push.yml', { ...github.variables(claims), GITHUB_SHA: 'abc123' });
  await t.throwsAsync(workflow({ repository_owner: 'stranger' }), { message: /docker login|invalid username/ });
  await t.throwsAsync(workflow({ ref: 'refs/heads/other' }), { message: /invalid username\/password/ });
  await workflow({});
  t.is(await reader.sh('stowage tags registry.example.com:5000/team/app'), 'abc123');
  await reader.sh('skopeo logout --all');
  await reader.sh('skopeo copy docker://registry.example.com:5000/team/app:abc123 oci:app:latest');
});

test('a person who follows the page about a laptop has pushed, pulled and deleted an image', async (t) => {
  const reader = await Reader.open(t);
  await reader.follow('docs/quick-starts/laptop.md');
  t.is(await reader.sh('curl -s http://127.0.0.1:5000/v2/alpine/tags/list'), '{"name":"alpine","tags":[]}');
});

test('a person who follows the page about CI has pushed with log-in and without a daemon', async (t) => {
  const reader = await Reader.open(t);
  await reader.install();
  // The registry with log-in of this page is that of another one.
  await reader.follow('docs/quick-starts/nginx.md');
  await reader.sh('printf "%s" "$CI_PASSWORD" | htpasswd -B -C 4 /etc/stowage/htpasswd ci');
  await reader.follow('docs/quick-starts/ci.md');
  t.is(
    await reader.sh(
      'skopeo inspect --creds "ci:$CI_PASSWORD" docker://registry.example.com/team/app:latest --format "{{.Digest}}"',
    ),
    await reader.sh('skopeo inspect oci:build:v1 --format "{{.Digest}}"'),
  );
});

test('a person who follows the page about several instances can stop either of them', async (t) => {
  const reader = await Reader.open(t);
  await reader.startRedis();
  await reader.install();
  await reader.follow('docs/quick-starts/cluster.md');
  const [first, second] = reader.servers;
  t.is(await first?.stop(), 0);
  await reader.sh('skopeo copy --src-tls-verify=false docker://127.0.0.1:5000/team/alpine oci:again:latest');
  t.true(second?.alive());
});
