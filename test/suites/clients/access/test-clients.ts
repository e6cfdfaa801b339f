import type { ExecutionContext } from 'ava';
import { missingPackages, testsThatNeed } from '../../../helpers/running/tests-that-need.ts';
import type { Outcome } from '../commands.ts';
import type { AccessClient, AccessServer, ClientKind } from './access-client.ts';
import { buildah, podman, skopeo } from './containers-clients.ts';
import { docker } from './docker-client.ts';
import { crane, findGoProgram, helm, oras, regctl } from './go-clients.ts';
import { stowage } from './stowage-client.ts';

/** Every client. To try another one, add it here. */
const CLIENTS: readonly ClientKind[] = [docker, podman, skopeo, buildah, crane, oras, regctl, helm, stowage];

const NAME = 'public/app:1.0.0';
/** How clients say that credentials are missing, wrong or not enough. */
const REFUSED =
  /unauthori[sz]ed|authentication required|no basic auth|basic credential not found|invalid username\/password|denied/i;
/** How they say that TLS wants a certificate of them. */
const NO_CERTIFICATE = /certificate required|bad certificate|may require a client certificate/;

/** A kind of registry that clients are tried on. */
export interface ServerKind {
  /** Completes `skopeo works with`. */
  readonly name: string;
  /** The Debian package of each command that it runs. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Starts one without content, which ends with the test. */
  readonly start: (t: ExecutionContext) => Promise<AccessServer>;
}

/** Declares a test with each client. One that is missing is skipped, and a line says so. */
export function testClientsWith(server: ServerKind, clients: readonly ClientKind[] = CLIENTS): void {
  for (const client of clients) declare(client, server);
}

function declare(client: ClientKind, server: ServerKind): void {
  const title = `${client.name} works with ${server.name}`;
  // It comes by `go install` only, so that a machine without Go cannot have it.
  if (client.goModule !== undefined && findGoProgram(client.name) === undefined) {
    process.stderr.write(`!!! Not tested: ${title}. To test it: go install ${client.goModule}\n`);
    return;
  }
  const isRoot = process.getuid?.() === 0;
  const needs = [...missingPackages({ ...client.packages, ...server.packages }), ...(isRoot ? [] : ['run as root'])];
  const test = testsThatNeed(needs, { describe: () => `the test that ${title}`, isSerial: true });
  test(title, async (t) => {
    const started = await server.start(t);
    const { user, tls } = started;
    if (tls?.client !== undefined) {
      const stranger = await client.open(t, { ...started, tls: { authorityFile: tls.authorityFile } });
      assertRefused(t, await stranger.push(NAME), NO_CERTIFICATE);
      if (!client.hasCertificates) return;
    }
    const opened = await client.open(t, started);
    if (user === undefined) await assertCopies(t, opened);
    else await assertLogsIn(t, opened, { ...started, user });
  });
}

/** The life of a user: refused, mistyped, logged in, logged out. */
async function assertLogsIn(
  t: ExecutionContext,
  client: AccessClient,
  { user, isPublic }: AccessServer & Required<Pick<AccessServer, 'user'>>,
): Promise<void> {
  assertRefused(t, await client.push(NAME), REFUSED);
  const wrong = await client.login({ ...user, password: `${user.password}!` });
  // Some clients store a password without trying it.
  assertRefused(t, wrong.code === 0 ? await client.push(NAME) : wrong, REFUSED);

  assertDone(t, await client.login(user));
  await assertCopies(t, client);

  assertDone(t, await client.logout());
  const pulled = await client.pull(NAME);
  if (!isPublic) {
    assertRefused(t, pulled, REFUSED);
    return;
  }
  assertDone(t, pulled);
  t.is(await client.pulled(), client.artifact);
}

async function assertCopies(t: ExecutionContext, client: AccessClient): Promise<void> {
  assertDone(t, await client.push(NAME));
  assertDone(t, await client.pull(NAME));
  t.is(await client.pulled(), client.artifact);
}

function assertDone(t: ExecutionContext, { code, stdout, stderr }: Outcome): void {
  t.is(code, 0, `${stdout}\n${stderr}`);
}

function assertRefused(t: ExecutionContext, { code, stdout, stderr }: Outcome, why: RegExp): void {
  t.not(code, 0, stdout);
  t.regex(`${stdout}\n${stderr}`, why);
}
