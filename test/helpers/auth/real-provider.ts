import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import type { CertificateMaker } from '../http/certificates.ts';
import { ask } from '../http/http-request.ts';

/** The name of the registry in tokens. */
export const AUDIENCE = 'registry.example.com';

/** A job that gets tokens of the provider, with these claims. */
export type Job = Readonly<Record<string, unknown>>;

/** The settings of a {@link RealProvider}. */
export interface RealProviderOptions {
  /** By name: each is a client of the provider. */
  readonly jobs: Readonly<Record<string, Job>>;
  /** For a provider with TLS. */
  readonly tls?: ServerOptions & { readonly ca: string };
}

/** A provider of OpenID Connect, by the library oidc-provider: jobs get tokens from it as from a service for CI. */
export class RealProvider {
  readonly issuer: string;
  readonly #ca: string | undefined;
  readonly #secret: string;

  private constructor(issuer: string, secret: string, ca: string | undefined) {
    this.issuer = issuer;
    this.#secret = secret;
    this.#ca = ca;
  }

  /** Starts a provider, which is stopped when the test ends. */
  static async start(t: ExecutionContext, { jobs, tls }: RealProviderOptions): Promise<RealProvider> {
    const server: Server = tls === undefined ? createServer() : createTlsServer(tls);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const issuer = tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
    const secret = randomBytes(16).toString('hex');
    const provider = new Provider(issuer, await configurationOf(jobs, secret));
    const handle = provider.callback();
    server.on('request', (request, response) => void handle(request, response));
    return new RealProvider(issuer, secret, tls?.ca);
  }

  /** Starts a provider with a certificate of a private authority, whose file it also returns. */
  static async startWithTls(
    t: ExecutionContext,
    jobs: RealProviderOptions['jobs'],
    certificates: CertificateMaker,
  ): Promise<{ readonly provider: RealProvider; readonly authorityFile: string }> {
    const authority = await certificates.make('authority-of-provider', 'authority');
    const { certFile, keyFile } = await certificates.make('provider', 'server', authority);
    const [cert, key, ca] = [
      await readFile(certFile),
      await readFile(keyFile),
      await readFile(authority.certFile, 'utf8'),
    ];
    return {
      provider: await RealProvider.start(t, { jobs, tls: { cert, key, ca } }),
      authorityFile: authority.certFile,
    };
  }

  /** Gets a token for a job by the grant of client credentials (RFC 6749, section 4.4), for an audience (RFC 8707). */
  async tokenFor(job: string, audience = AUDIENCE): Promise<string> {
    const body = new URLSearchParams({ grant_type: 'client_credentials', resource: `https://${audience}` });
    const answer = await ask({ address: this.issuer, ca: this.#ca }, 'POST', '/token', {
      headers: {
        Authorization: `Basic ${Buffer.from(`${job}:${this.#secret}`).toString('base64')}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: String(body),
    });
    if (answer.status !== 200) throw new Error(`the provider answered ${answer.status}: ${answer.text}`);
    return (JSON.parse(answer.text) as { access_token: string }).access_token;
  }
}

async function configurationOf(
  jobs: Readonly<Record<string, Job>>,
  secret: string,
): Promise<Readonly<Record<string, unknown>>> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return {
    adapter: ForgetfulAdapter,
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'first', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [secret] },
    clients: Object.keys(jobs).map((job) => ({
      ...{ client_id: job, client_secret: secret, grant_types: ['client_credentials'] },
      ...{ redirect_uris: [], response_types: [] },
    })),
    extraTokenClaims: (_context: unknown, { clientId }: { clientId: string }) => jobs[clientId],
    ttl: { ClientCredentials: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          ...{ scope: '', audience: new URL(resource).host, accessTokenFormat: 'jwt', accessTokenTTL: 600 },
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
}

/** Keeps nothing: the tokens of jobs are whole in themselves. */
class ForgetfulAdapter {
  async upsert(): Promise<void> {}
  async find(): Promise<undefined> {}
}
