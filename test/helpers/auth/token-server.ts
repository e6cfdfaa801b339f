import { createPrivateKey, type KeyObject, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { answer, ScriptedServer } from '../client/scripted-server.ts';
import type { TestCertificate } from '../http/certificates.ts';

export const SERVICE = 'registry.test';
export const ISSUER = 'tokens.test';

/** What a token server of a test does. */
export interface TokenServerOptions {
  /** Signs the tokens; registries trust its certificate. */
  readonly signer: TestCertificate;
  /** Which way to ask it knows; both unless given. */
  readonly only?: 'GET' | 'POST';
  /** Whether it gives a refresh token to who asks for one. Default: `false`. */
  readonly isRefreshing?: boolean;
  /** How long tokens live, as answers say; 300 seconds unless given. */
  readonly lifeS?: number;
  /** Whether a token is dead when it is given, by its number, though the answer says that it lives. */
  readonly isDead?: (count: number) => boolean;
}

/** Distribution takes a token for another minute after its end. */
const LEEWAY_S = 60;

/**
 * A token server as distribution specifies it: `ann` with the password `secret`, or the refresh token `REFRESH`, may do
 * everything; everybody may pull what is called `public/…`.
 */
export class TokenServer {
  readonly realm: string;
  /** How tokens were asked for: the way, and the scopes. */
  readonly asked: readonly string[];

  private constructor(realm: string, asked: readonly string[]) {
    this.realm = realm;
    this.asked = asked;
  }

  /** It ends with the test. */
  static async start(t: ExecutionContext, options: TokenServerOptions) {
    const { signer, only, isRefreshing = false, lifeS = 300, isDead = () => false } = options;
    const key = createPrivateKey(await readFile(signer.keyFile));
    const chain = [new X509Certificate(await readFile(signer.certFile)).raw.toString('base64')];
    const asked: string[] = [];
    const give = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      if (only !== undefined && request.method !== only) return answer(response, 405);
      const wanted = await readRequest(request);
      asked.push(`${wanted.how} ${wanted.scopes.join(' ')}`.trim());
      if (wanted.isRefused) return answer(response, request.method === 'POST' ? 400 : 401, { error: 'invalid_grant' });
      const endsInS = isDead(asked.length) ? -LEEWAY_S - 5 : 300;
      const token = signToken(wanted, { key, chain, endsInS });
      const refresh = isRefreshing && wanted.isOffline ? { refresh_token: 'REFRESH' } : {};
      return answer(response, 200, { token, access_token: token, expires_in: lifeS, ...refresh });
    };
    const server = await ScriptedServer.start(t, give);
    return new TokenServer(`${server.address}/token`, asked);
  }

  /** The section `auth` of a registry that trusts this server. */
  auth({ certFile }: TestCertificate): { readonly token: Readonly<Record<string, unknown>> } {
    return { token: { realm: this.realm, service: SERVICE, issuer: ISSUER, rootcertbundle: certFile } };
  }
}

interface WantedToken {
  readonly how: string;
  readonly user: string | undefined;
  readonly isRefused: boolean;
  /** Whether a refresh token is wanted as well. */
  readonly isOffline: boolean;
  readonly scopes: readonly string[];
}

async function readRequest(request: IncomingMessage): Promise<WantedToken> {
  if (request.method === 'POST') {
    const form = new URLSearchParams(await text(request));
    const grant = form.get('grant_type') ?? '';
    const isAnn =
      grant === 'refresh_token'
        ? form.get('refresh_token') === 'REFRESH'
        : form.get('username') === 'ann' && form.get('password') === 'secret';
    const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
    const isOffline = form.get('access_type') === 'offline';
    return { how: grant, user: 'ann', isRefused: !isAnn, isOffline, scopes };
  }
  const query = new URL(request.url ?? '', 'http://x').searchParams;
  const scopes = query.getAll('scope');
  const isOffline = query.get('offline_token') === 'true';
  const { authorization } = request.headers;
  if (authorization === undefined) return { how: 'anonymous', user: undefined, isRefused: false, isOffline, scopes };
  const isRefused = authorization !== `Basic ${btoa('ann:secret')}`;
  return { how: 'Basic', user: 'ann', isRefused, isOffline, scopes };
}

function signToken(
  { user, scopes }: WantedToken,
  { key, chain, endsInS }: { readonly key: KeyObject; readonly chain: readonly string[]; readonly endsInS: number },
): string {
  const now = Math.floor(Date.now() / 1000);
  const access = scopes.map((scope) => {
    const [, type = '', name = '', actions = ''] = /^(\w+):(.*):([^:]*)$/.exec(scope) ?? [];
    const allowed = actions.split(',').filter((each) => user !== undefined || isPublic(name, each));
    return { type, name, actions: allowed };
  });
  const times = { exp: now + endsInS, nbf: now - 3600, iat: now - 3600 };
  const payload = { iss: ISSUER, sub: user ?? '', aud: SERVICE, jti: randomUUID(), ...times, access };
  const signed = [{ typ: 'JWT', alg: 'ES256', x5c: chain }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

function isPublic(name: string, action: string): boolean {
  return name.startsWith('public/') && action === 'pull';
}
