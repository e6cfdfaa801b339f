import test, { type ExecutionContext } from 'ava';
import type { Credentials } from '../../../../drivers/azure/credentials.ts';
import { openDriver } from '../../../../drivers/azure/open-driver.ts';
import type { AzureOptions } from '../../../../drivers/azure/options.ts';
import { at } from '../../../../testing/driver-case.ts';
import { ScriptedServer } from '../../../helpers/client/scripted-server.ts';

const OPTIONS: AzureOptions = {
  accountname: 'images',
  accountkey: 'a2V5',
  container: 'layers',
  rootdirectory: '',
  realm: 'core.windows.net',
  skipverify: false,
};
const EMPTY_LIST = '<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>';
const IN_DAYS = '2026-12-02T12:00:00Z';
const DELEGATION_KEY = `<UserDelegationKey><SignedOid>user</SignedOid><SignedTid>tenant</SignedTid>
<SignedStart>2026-11-30T12:00:00Z</SignedStart><SignedExpiry>${IN_DAYS}</SignedExpiry><SignedService>b</SignedService>
<SignedVersion>2026-02-06</SignedVersion><Value>a2V5</Value></UserDelegationKey>`;
const TOKENS: Credentials = {
  kind: 'token',
  token: async () => ({ token: 'token', expiresOnTimestamp: Number.POSITIVE_INFINITY }),
};
const WITH_TOKENS: Partial<AzureOptions> = { credentials: { type: 'default_credentials' } };

const errorXml = (code: string, message: string) => `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;

/** The message for the operator when the service answers so. */
async function messageFor(
  t: ExecutionContext,
  status: number,
  [code, said]: readonly [string, string],
  options: Partial<AzureOptions> = {},
): Promise<string> {
  const server = await ScriptedServer.start(t, (_, response) =>
    response.writeHead(status, { 'x-ms-error-code': code }).end(errorXml(code, said)),
  );
  const credentials = options.credentials === undefined ? {} : { credentials: TOKENS };
  return (await t.throwsAsync(openDriver({ ...OPTIONS, serviceurl: server.address, ...options }, credentials))).message;
}

test('a container that is missing is named, with the key of the configuration', async (t) => {
  const message = await messageFor(t, 404, ['ContainerNotFound', 'The specified container does not exist.']);
  t.regex(
    message,
    /^storage\.azure\.container: there is no container "layers" at http:.*Create it first, or correct the name/,
  );
});

test('a key that is rejected names the key of the configuration and the command that shows the right one', async (t) => {
  const message = await messageFor(t, 403, ['AuthenticationFailed', 'Server failed to authenticate the request.']);
  t.regex(message, /^storage\.azure\.accountkey: the key was rejected .*az storage account keys list.*clock/);
});

test('an account that may not list is told the role that it needs', async (t) => {
  const said = 'This request is not authorized to perform this operation using this permission.';
  const message = await messageFor(t, 403, ['AuthorizationPermissionMismatch', said], WITH_TOKENS);
  t.regex(
    message,
    /^storage\.azure\.credentials: they may not list the container "layers".*Storage Blob Data Contributor/,
  );
});

test('a firewall of the account is told from missing permissions', async (t) => {
  const said = 'This request is not authorized to perform this operation.';
  const message = await messageFor(t, 403, ['AuthorizationFailure', said]);
  t.regex(message, /^storage\.azure\.serviceurl: the account does not accept requests from here .*firewall/);
});

test('a service that cannot be reached is named, with the option that leads there', async (t) => {
  const opening = openDriver({ ...OPTIONS, serviceurl: 'http://127.0.0.1:1' });
  t.regex(
    (await t.throwsAsync(opening)).message,
    /^storage\.azure\.serviceurl: cannot list .*http:\/\/127\.0\.0\.1:1 .*ECONNREFUSED/,
  );
});

test('credentials without a token are reported with what may be missing', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) => response.end(EMPTY_LIST));
  const credentials: Credentials = {
    kind: 'token',
    token: () =>
      Promise.reject(Object.assign(new Error('no managed identity'), { name: 'CredentialUnavailableError' })),
  };
  const opening = openDriver({ ...OPTIONS, ...WITH_TOKENS, serviceurl: server.address }, { credentials });
  t.regex(
    (await t.throwsAsync(opening)).message,
    /^storage\.azure\.credentials: no token .*no managed identity.*`az login`/,
  );
});

test('with tokens one key of the user signs all URLs, and every call has a token', async (t) => {
  const server = await ScriptedServer.start(t, ({ method }, response) =>
    response.end(method === 'POST' ? DELEGATION_KEY : EMPTY_LIST),
  );
  const options = { ...OPTIONS, ...WITH_TOKENS, serviceurl: server.address };
  await using driver = await openDriver(options, { credentials: TOKENS });
  t.true(driver.capabilities.redirect);
  for (const method of ['GET', 'HEAD'] as const) {
    const url = await driver.redirectUrl?.(at('/a'), { method, expiresInMs: 1000 });
    t.is(url?.searchParams.get('skoid'), 'user');
    t.is(url?.searchParams.get('ske'), IN_DAYS);
  }
  t.deepEqual(
    server.asked.map((line) => line.replace(/&.*/, '')),
    ['GET /layers?restype=container', 'POST /?restype=service'],
  );
  t.true(server.seen.every(({ headers }) => headers.authorization === 'Bearer token'));
});

test('an account that may not sign URLs is warned of once, and the registry serves the content itself', async (t) => {
  const server = await ScriptedServer.start(t, ({ method }, response) => {
    if (method === 'GET') return response.end(EMPTY_LIST);
    return response.writeHead(403, { 'x-ms-error-code': 'AuthorizationPermissionMismatch' }).end();
  });
  const warnings: string[] = [];
  const options = { ...OPTIONS, ...WITH_TOKENS, serviceurl: server.address };
  const warn = (message: string): void => void warnings.push(message);
  await using driver = await openDriver(options, { credentials: TOKENS, warn });
  t.false(driver.capabilities.redirect);
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /^storage\.azure\.credentials: downloads are not redirected.*Storage Blob Delegator/);
});
