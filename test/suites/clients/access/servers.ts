import type { ExecutionContext } from 'ava';
import { GITHUB_JOB } from '../../../helpers/auth/published-claims.ts';
import { AUDIENCE, RealProvider } from '../../../helpers/auth/real-provider.ts';
import { TokenServer, type TokenServerOptions } from '../../../helpers/auth/token-server.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { CertificateMaker, type TestCertificate } from '../../../helpers/http/certificates.ts';
import { type RegistryOptions, startRegistry } from '../registry.ts';
import type { AccessServer } from './access-client.ts';
import type { ServerKind } from './test-clients.ts';

/** The user of all of them. */
export const ANN = { name: 'ann', password: 'secret' };
const HTPASSWD = { htpasswd: 'apache2-utils' };
const OPENSSL = { openssl: 'openssl' };
/** The keys of embedded tokens come from it. */
const SECRET = 'only for this test, and long enough for tokens';

/** Everybody may pull `public/**`, and users may do everything. */
export const PUBLIC_PULLS = {
  rules: [
    { repositories: ['public/**'], anonymous: true, allow: ['pull'] },
    { repositories: ['**'], authenticated: true, allow: ['*'] },
  ],
};

export const htpasswd: ServerKind = {
  name: 'the users of a password file',
  packages: HTPASSWD,
  start: async (t) => {
    const { host } = await startRegistry(t, { user: ANN });
    return { host, user: ANN, isPublic: false };
  },
};

export const embeddedTokens: ServerKind = {
  name: 'a password file and pulls without log-in',
  packages: HTPASSWD,
  start: async (t) => {
    const { host } = await startRegistry(t, { user: ANN, authorization: PUBLIC_PULLS, http: { secret: SECRET } });
    return { host, user: ANN, isPublic: true };
  },
};

export const personalTokens: ServerKind = {
  name: 'a personal access token instead of a password, and pulls without log-in',
  packages: HTPASSWD,
  start: async (t) => {
    const { host, url } = await startRegistry(t, { user: ANN, authorization: PUBLIC_PULLS, http: { secret: SECRET } });
    const password = Buffer.from(`${ANN.name}:${ANN.password}`).toString('base64');
    const created = await fetch(`${url}/auth/tokens`, {
      method: 'POST',
      headers: { authorization: `Basic ${password}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'of the test', expires: 'never', actions: ['overwrite'] }),
    });
    if (created.status !== 201) throw new Error(await created.text());
    const { token } = (await created.json()) as { token: string };
    return { host, user: { name: ANN.name, password: token }, isPublic: true };
  },
};

export const tokenServer: ServerKind = {
  name: 'a token server that only knows passwords',
  packages: OPENSSL,
  start: (t) => startWithTokens(t, { only: 'GET' }),
};

export const refreshingTokenServer: ServerKind = {
  name: 'a token server that gives refresh tokens, and knows both forms',
  packages: OPENSSL,
  start: (t) => startWithTokens(t, { isRefreshing: true }),
};

export const privateAuthority: ServerKind = {
  name: 'TLS of a private authority, a password file and pulls without log-in',
  packages: { ...HTPASSWD, ...OPENSSL },
  start: async (t) => {
    const { host, authority } = await startWithTls(t, { user: ANN, authorization: PUBLIC_PULLS });
    return { host, tls: { authorityFile: authority.certFile }, user: ANN, isPublic: true };
  },
};

export const clientCertificates: ServerKind = {
  name: 'client certificates, without log-in',
  packages: OPENSSL,
  start: async (t) => {
    const { host, authority, client } = await startWithTls(t, {}, 'clientcas');
    return { host, tls: { authorityFile: authority.certFile, client }, isPublic: true };
  },
};

export const certificatesAndPasswords: ServerKind = {
  name: 'client certificates and a password file',
  packages: { ...HTPASSWD, ...OPENSSL },
  start: async (t) => {
    const { host, authority, client } = await startWithTls(t, { user: ANN }, 'clientcas');
    return { host, tls: { authorityFile: authority.certFile, client }, user: ANN, isPublic: false };
  },
};

export const oidcProvider: ServerKind = {
  name: 'a token of an OpenID Connect provider, TLS of a private authority and pulls without log-in',
  packages: OPENSSL,
  start: async (t) => {
    const certificates = new CertificateMaker(await tempRoot(t));
    const { provider, authorityFile } = await RealProvider.startWithTls(t, { build: GITHUB_JOB }, certificates);
    const issuer = {
      ...{ issuer: provider.issuer, audience: AUDIENCE, certificateauthority: authorityFile },
      ...{ required_claims: { repository_owner: GITHUB_JOB.repository_owner }, username: 'ci/${repository}' },
    };
    const auth = { oidc: { issuers: [issuer] } };
    const { host, authority } = await startWithTls(t, { auth, authorization: PUBLIC_PULLS });
    const user = { name: 'oidc', password: await provider.tokenFor('build') };
    return { host, tls: { authorityFile: authority.certFile }, user, isPublic: true };
  },
};

async function startWithTokens(t: ExecutionContext, options: TokenServerKind): Promise<AccessServer> {
  const { auth } = await startTokenServer(t, options);
  const { host } = await startRegistry(t, { auth });
  return { host: byName(host), user: ANN, isPublic: true };
}

type TokenServerKind = Pick<TokenServerOptions, 'only' | 'isRefreshing'>;

/** A token server, the section `auth` for it, and the certificate of its key. */
export async function startTokenServer(t: ExecutionContext, options: TokenServerKind = {}) {
  const signer = await new CertificateMaker(await tempRoot(t)).make('tokens', 'authority');
  const tokens = await TokenServer.start(t, { signer, ...options });
  const { token } = tokens.auth(signer);
  return { auth: { token: { ...token, realm: byName(tokens.realm) } }, certFile: signer.certFile };
}

/**
 * Against a challenge that would send them to other services of their network, crane and oras ask no token server at a
 * loopback address, except under the name of the registry.
 */
export function byName(text: string): string {
  return text.replace('127.0.0.1', 'localhost');
}

/** A registry with TLS. */
async function startWithTls(
  t: ExecutionContext,
  options: RegistryOptions,
  ask?: 'clientcas',
): Promise<TestCertificates & Pick<AccessServer, 'host'>> {
  const certificates = await makeCertificates(t);
  const { authority, server } = certificates;
  const tls = {
    ...{ certificate: server.certFile, key: server.keyFile },
    ...(ask && { clientcas: [authority.certFile] }),
  };
  const { host } = await startRegistry(t, { ...options, http: { secret: SECRET, tls } });
  return { host: checkedHost(host), ...certificates };
}

/** The certificates of a test with TLS. */
export interface TestCertificates {
  readonly authority: TestCertificate;
  readonly server: TestCertificate;
  readonly client: TestCertificate;
}

/** A private authority, and what it has signed. */
export async function makeCertificates(t: ExecutionContext): Promise<TestCertificates> {
  const certificates = new CertificateMaker(await tempRoot(t));
  const authority = await certificates.make('authority', 'authority');
  const server = await certificates.make('server', 'server', authority);
  return { authority, server, client: await certificates.make('client', 'client', authority) };
}

/** The host by another address, which no client takes for its own machine: of that, docker checks no certificate. */
export function checkedHost(host: string): string {
  return host.replace('127.0.0.1', '0.0.0.0');
}
