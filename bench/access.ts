// Measures what access control adds to a manifest GET. Run: node dist/bench/access.js [rounds]
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contender } from './contenders/contender.ts';
import { startGuardedStowage } from './contenders/stowage.ts';
import { blobOf, imageOf, OCI_MANIFEST } from './load/artifact.ts';
import { pushBlob, putManifest } from './load/push.ts';
import { runWrk } from './load/wrk.ts';
import { usageOf } from './process-usage.ts';
import { table } from './report/table.ts';

const ROUNDS = 15;
const WARM_UP_REQUESTS = 60_000;
const CONNECTIONS = 8;
const TARGET_PERCENT = 10;
const REPOSITORY = 'bench/app';
/** The name of the key of the token server. */
const KEY_ID = 'bench';
/** How long its token is valid, in seconds. */
const LIFE_S = 3600;
const PATH = `/v2/${REPOSITORY}/manifests/latest`;

/** The line is that of `htpasswd -Bbn` for this user and password. */
const USER = 'ann';
const PASSWORD = 'correct horse';
const PASSWORD_LINE = 'ann:$2y$04$4GoQ24J5fDRS5NHuiyYvAOGb71BJ69pc5aEgPkJ1pmIDZvl2f2SMC\n';
const BASIC = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;

/** A registry and the credentials of its requests. */
interface Subject {
  readonly name: string;
  readonly registry: Contender;
  readonly authorization: string | undefined;
}

/** The first one is open; all have one storage. */
async function startSubjects(folder: string, stack: AsyncDisposableStack): Promise<readonly [Subject, ...Subject[]]> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID };
  await writeFile(join(folder, 'htpasswd'), PASSWORD_LINE);
  await writeFile(join(folder, 'keys.json'), JSON.stringify({ keys: [jwk] }));
  const htpasswd = { htpasswd: { realm: 'bench', path: 'htpasswd' } };
  const token = { token: { realm: 'https://tokens/', issuer: 'bench', service: 'bench', jwks: 'keys.json' } };
  const everybody = { repositories: ['**'], anonymous: true, authenticated: true, allow: ['pull'] };
  const authorization = {
    rules: [everybody, { repositories: ['home/${user}/**'], authenticated: true, allow: ['*'] }],
  };
  const start = async (name: string, sections: object): Promise<Contender> =>
    stack.adopt(await startGuardedStowage(folder, name, sections), (registry) => registry.stop());
  // A process that has stored the manifest remembers more of it than others.
  const filled = await startGuardedStowage(folder, 'filled', {});
  await fill(filled);
  await filled.stop();
  const open = await start('open', {});
  const policy = await start('policy', { auth: htpasswd, authorization });
  return [
    { name: 'open', registry: open, authorization: undefined },
    { name: 'htpasswd', registry: await start('htpasswd', { auth: htpasswd }), authorization: BASIC },
    {
      name: 'token',
      registry: await start('token', { auth: token }),
      authorization: `Bearer ${signedToken(privateKey)}`,
    },
    { name: 'htpasswd and policy, password', registry: policy, authorization: BASIC },
    { name: 'htpasswd and policy, token', registry: policy, authorization: `Bearer ${await embeddedToken(policy)}` },
    { name: 'htpasswd and policy, anonymous', registry: policy, authorization: undefined },
  ];
}

async function fill({ url }: Contender): Promise<void> {
  const [config, layer] = [blobOf('config', 1536), blobOf('layer', 4096)];
  const to = { agent: new Agent({ keepAlive: true }), url, repository: REPOSITORY };
  for (const blob of [config, layer]) await pushBlob(to, blob);
  await putManifest(to, 'latest', imageOf(config, [layer]));
  to.agent.destroy();
}

/** As a token server issues it. */
function signedToken(key: KeyObject): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const access = [{ type: 'repository', name: REPOSITORY, actions: ['pull'] }];
  const claims = { iss: 'bench', aud: 'bench', sub: USER, exp: Math.floor(Date.now() / 1000) + LIFE_S, access };
  const text = `${part({ alg: 'ES256', kid: KEY_ID })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

async function embeddedToken({ url }: Contender): Promise<string> {
  const response = await fetch(`${url}/auth/token?scope=repository:${REPOSITORY}:pull`, {
    headers: { Authorization: BASIC },
  });
  return ((await response.json()) as { token: string }).token;
}

/** Sends requests for a second; returns their number. */
async function load({ registry: { url }, authorization }: Subject): Promise<number> {
  const headers = { Accept: OCI_MANIFEST, ...(authorization && { Authorization: authorization }) };
  return (await runWrk({ url: `${url}${PATH}`, connections: CONNECTIONS, seconds: 1, headers })).count;
}

/** A program whose code is not compiled yet needs twice as long. */
async function warmUp(subject: Subject): Promise<void> {
  for (let count = 0; count < WARM_UP_REQUESTS; ) count += await load(subject);
}

/** Processor time of the registry for one request, in microseconds. */
async function costOf(subject: Subject): Promise<number> {
  const { pid = 0 } = subject.registry;
  const before = await usageOf(pid);
  const count = await load(subject);
  const after = await usageOf(pid);
  return ((after.cpuSeconds - before.cpuSeconds) * 1e6) / count;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

await using stack = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));
const subjects = await startSubjects(folder, stack);
for (const subject of subjects) await warmUp(subject);
const costs = new Map<Subject, number[]>(subjects.map((subject) => [subject, []]));
const rounds = Number(process.argv[2] ?? ROUNDS);
for (let round = 0; round < rounds; round += 1) {
  for (let turn = 0; turn < subjects.length; turn += 1) {
    const subject = subjects[(round + turn) % subjects.length] as Subject;
    costs.get(subject)?.push(await costOf(subject));
  }
}
const open = costs.get(subjects[0]) ?? [];
const rows = subjects.map((subject) => {
  const own = costs.get(subject) ?? [];
  // Both costs are from one round, so a disturbance of the machine affects both.
  const more = medianOf(own.map((cost, round) => (cost / (open[round] ?? Number.NaN) - 1) * 100));
  return [subject.name, medianOf(own).toFixed(1), more.toFixed(1)];
});
process.stdout.write(
  `GET of a manifest by tag, ${rounds} rounds; at most ${TARGET_PERCENT} % more is the target\n\n` +
    `${table(['', 'processor µs a request', '% more than open'], rows)}\n`,
);
