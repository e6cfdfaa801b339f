/** The URL of the token server in a challenge; `undefined` if the challenge names none. */
export function parseRealm(challenge: string): URL | undefined {
  const [, realm = ''] = /\bBearer\b[^"]*\brealm="([^"]*)"/i.exec(challenge) ?? [];
  return URL.canParse(realm) ? new URL(realm) : undefined;
}

/** Whether clients ask it over HTTP. */
export function isTokenRealm(realm: URL | undefined): realm is URL {
  return realm !== undefined && ['http:', 'https:'].includes(realm.protocol);
}
