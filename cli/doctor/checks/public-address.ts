import type { AnsweredHead } from '../ask-head.ts';
import { type DoctorCheck, type DoctorFinding, failure, note, ok, warning } from '../check.ts';
import { driftOf } from '../clock-drift.ts';
import { isTokenRealm, parseRealm } from '../realm.ts';

const PROXY_HEADERS = 'the proxy has to pass the header Host, and to set X-Forwarded-Proto; docs/quick-starts/nginx.md';

/** What an anonymous client sees. */
export const publicAddress: DoctorCheck = {
  name: 'public-address',
  proves: 'the API answers at the address of --url, and sends clients to the same scheme and host for tokens',
  run: async (examined) => {
    const { configured } = examined;
    const address = examined.publicAddress();
    const { url } = address;
    const answer = await address.answer();
    const { status, headers } = answer;
    if (status !== 200 && status !== 401) {
      const remedy = 'the proxy has to pass /v2/ on unchanged to the address of the registry';
      return [failure(`GET ${url.origin}/v2/ answers ${status}, which is no registry`, remedy)];
    }
    const { http, tokenServer } = configured.configuration;
    return [
      ok(`GET /v2/ answers ${status} in HTTP/${answer.httpVersion}`),
      ...versionFindings(headers['docker-distribution-api-version']),
      ...realmFindings(headers['www-authenticate'] ?? '', { url, isOwn: tokenServer.isEnabled === true }),
      ...proxyFindings(answer, http.trustedProxies.length > 0),
      ...dateFindings(answer),
    ];
  },
};

function versionFindings(version: string | string[] | undefined): DoctorFinding[] {
  if (version === 'registry/2.0') return [];
  const remedy = 'let the proxy pass the headers of answers on';
  return [warning('the header Docker-Distribution-Api-Version is missing, which old clients look for', remedy)];
}

/** Where clients get tokens. */
function realmFindings(
  challenge: string,
  { url, isOwn }: { readonly url: URL; readonly isOwn: boolean },
): DoctorFinding[] {
  const realm = parseRealm(challenge);
  if (!isTokenRealm(realm)) return [];
  if (url.protocol === 'https:' && realm.protocol === 'http:') {
    return [failure(`clients are sent to ${realm.origin} for tokens, without TLS`, PROXY_HEADERS)];
  }
  if (isOwn && realm.host !== url.host) {
    return [failure(`clients are sent to ${realm.origin} for tokens, not to ${url.origin}`, PROXY_HEADERS)];
  }
  return [ok(`clients are sent to ${realm.origin} for tokens`)];
}

function proxyFindings({ headers }: AnsweredHead, isTrusted: boolean): DoctorFinding[] {
  const [proxy] = [headers.via, headers['server']].filter((name) => name !== undefined);
  if (proxy === undefined || isTrusted) return [];
  const finding = `a proxy answers (${JSON.stringify(proxy)}), and http.trustedproxies is empty`;
  return [
    note(`${finding}: rules see its address as that of each client`, 'name its addresses in http.trustedproxies'),
  ];
}

function dateFindings({ headers, beganAt, endedAt }: AnsweredHead): DoctorFinding[] {
  if (headers.date === undefined) return [];
  return [driftOf('the public address', { beganAt, endedAt, at: Date.parse(headers.date) })];
}
