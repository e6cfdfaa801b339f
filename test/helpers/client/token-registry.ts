import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionContext } from 'ava';
import { answer, ScriptedServer } from './scripted-server.ts';

interface TokenRegistryOptions {
  /** Answers the requests to the token server. */
  readonly token: (request: IncomingMessage, response: ServerResponse, url: URL) => unknown;
  /** Whether the registry accepts a token. */
  readonly takes?: (token: string) => boolean;
  readonly realm?: string;
  readonly scope?: string;
}

/** A registry that requires tokens, with its token server on the same host; every blob exists. */
export async function tokenRegistry(t: ExecutionContext, options: TokenRegistryOptions): Promise<ScriptedServer> {
  const { token, takes = () => true, realm = '/token', scope = 'repository:team/app:pull' } = options;
  return ScriptedServer.start(t, (request, response) => {
    const base = `http://${request.headers.host}`;
    const url = new URL(request.url ?? '', base);
    if (url.pathname === '/token') return token(request, response, url);
    const sent = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1];
    if (sent !== undefined && takes(sent)) return answer(response, 200, 'x');
    const challenge = `Bearer realm="${new URL(realm, base).href}",service="here",scope="${scope}"`;
    return answer(response, 401, {}, { 'WWW-Authenticate': challenge });
  });
}
