const HOST = String.raw`(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]{0,254})(?::[0-9]{1,5})?`;

// No empty segment, because `//host/…` is another host; no dot segment; no escape, which could hide one.
const PREFIX = String.raw`(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)*`;

const HOST_ONLY = new RegExp(`^${HOST}$`);
const PREFIX_ONLY = new RegExp(`^${PREFIX}$`);
const ROOT = new RegExp(`^(?:https?://${HOST})?${PREFIX}$`);

/**
 * Whether `text` is a host, with or without port: a name, an IPv4 address or an IPv6 address in brackets. An accepted
 * text cannot end the host of a URL or the line of a header early, and clients can parse every URL that contains it: a
 * port of 99999 or an address such as `1.2.3.4.5` is rejected.
 */
export function isHost(text: string): boolean {
  return HOST_ONLY.test(text) && URL.canParse(`http://${text}`);
}

/** Whether `text` can precede `/v2/` in a URL: it is empty, or begins but does not end with a slash. */
export function isPathPrefix(text: string): boolean {
  return PREFIX_ONLY.test(text);
}

/** Whether `text` can be the part of a URL before `/v2/`: optional scheme and host, then a prefix. */
export function isUrlRoot(text: string): boolean {
  return ROOT.test(text);
}

/**
 * Parses the configured `http.prefix`; leading and trailing slashes do not matter.
 * @returns the prefix that precedes `/v2/`
 * @throws TypeError when `text` cannot be such a prefix
 */
export function parsePathPrefix(text: string): string {
  const segments = text.replace(/^\/|\/$/g, '');
  const prefix = segments === '' ? '' : `/${segments}`;
  if (!isPathPrefix(prefix)) {
    throw new TypeError(
      `${JSON.stringify(text)} is not a path prefix: it must consist of segments, like /team/registry`,
    );
  }
  return prefix;
}
