import type { IncomingHttpHeaders } from 'node:http';
import { guardedRegistry } from '../../helpers/verify/guarded-registry.ts';
import { MANIFEST, type Mutation, testMutations, UPLOAD, UPLOADS } from '../../helpers/verify/mutation.ts';

const isAnonymous = ({ authorization }: IncomingHttpHeaders) => authorization === undefined;
const isIdentified = ({ authorization }: IncomingHttpHeaders) => authorization !== undefined;
/** The first one is that by which the run itself learns how to log in. */
const PING = { method: 'GET', url: /^\/v2\/$/, having: isAnonymous, from: 2 };
const IDENTIFIED_PING = { method: 'GET', url: /^\/v2\/$/, having: isIdentified };
const WITHOUT_SCOPE = { 'www-authenticate': 'Bearer realm="https://auth.example.com/token",service="test"' };

const auth: readonly Mutation[] = [
  { check: 'anonymous-is-401', ...PING, status: { 401: 403 } },
  { check: 'anonymous-is-401', method: 'GET', url: MANIFEST, status: { 401: 403 } },
  { check: 'anonymous-is-401', method: 'POST', url: UPLOADS, status: { 401: 403 } },
  { check: 'challenge', ...PING, headers: { 'www-authenticate': undefined } },
  { check: 'challenge', ...PING, headers: { 'www-authenticate': 'Negotiate' } },
  { check: 'realm', ...PING, headers: { 'www-authenticate': 'Bearer realm="token",service="test"' } },
  { check: 'realm', ...PING, headers: { 'www-authenticate': 'Bearer realm="https://auth.example.com/token"' } },
  { check: 'scope-of-pull', method: 'GET', url: MANIFEST, headers: WITHOUT_SCOPE },
  { check: 'scope-of-push', method: 'POST', url: UPLOADS, headers: WITHOUT_SCOPE },
  { check: 'head', method: 'HEAD', url: MANIFEST, headers: { 'www-authenticate': undefined } },
  { check: 'error-body', method: 'GET', url: MANIFEST, body: (text) => text.replace('UNAUTHORIZED', 'DENIED') },
  { check: 'error-body', method: 'GET', url: MANIFEST, body: () => '<html>' },
  { check: 'ping-asks', ...PING, status: { 401: 200 } },
  { check: 'wrong-password', ...IDENTIFIED_PING, status: { 401: 403 } },
  { check: 'wrong-password', ...IDENTIFIED_PING, status: { 401: 200 } },
  { check: 'senseless-credentials', ...IDENTIFIED_PING, status: { 401: 500 } },
  {
    check: 'unknown-repository-alike',
    method: 'GET',
    url: MANIFEST,
    having: isAnonymous,
    from: 3,
    status: { 401: 404 },
  },
  { check: 'upload-is-guarded', method: 'PATCH', url: UPLOAD, status: { 401: 202 } },
  { check: 'delete-is-guarded', method: 'DELETE', url: MANIFEST, status: { 401: 202 } },
  { check: 'weak-token-refused', method: 'POST', url: UPLOADS, having: isIdentified, status: { 401: 202 } },
];

testMutations({ auth }, { start: (t) => guardedRegistry(t, 'token') });
