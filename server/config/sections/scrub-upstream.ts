import type { z } from 'zod';
import type { NamePattern } from '../../../plugins/patterns/name-pattern.ts';
import type { Finding, KeyPath } from '../engine/problem.ts';
import { booleanOf } from '../engine/read-yaml.ts';
import { flag, httpUrl, text } from '../engine/scalars.ts';
import { group, listOf, setting } from '../engine/schema.ts';
import { type ConfigNode, ListNode, nodeAt, textAt } from '../engine/tree.ts';
import { pattern } from './repository-pattern.ts';

/** The registry from which a scrub repairs. Files are as written. */
export interface UpstreamConfiguration {
  /** With the port if there is one. */
  readonly host: string;
  readonly scheme: 'https' | 'http';
  /** Absent: requests are anonymous. */
  readonly user?: { readonly name: string; readonly password?: string; readonly passwordFile?: string };
  /** The repositories that it has; empty: all. */
  readonly repositories: readonly NamePattern[];
  readonly tls: {
    readonly certificateFile?: string;
    readonly keyFile?: string;
    readonly authorityFiles: readonly string[];
  };
}

export const upstream = group({
  url: setting(httpUrl, {
    description:
      'a registry that has the same repositories, such as `https://registry.example.com`: content that is damaged or missing, and that the replica lacks, is fetched from it',
  }),
  insecure: setting(flag, {
    default: 'false',
    description: 'allows `http://` to another machine: everybody on the way can read and change what is sent',
  }),
  username: setting(text, { description: 'its user; needs `password` or `passwordfile`' }),
  password: setting(text, { description: 'password of the user' }),
  passwordfile: setting(text, { description: 'file with the password of the user, in its first line' }),
  only: setting(listOf(pattern), {
    default: '[]',
    description: 'the repositories that it has, as patterns such as `team/**`; all if empty',
  }),
  tls: group({
    certificate: setting(text, { description: 'file with a client certificate (PEM); needs `key`' }),
    key: setting(text, { description: 'file with its key (PEM)' }),
    rootcas: setting(listOf(text), {
      default: '[]',
      description: 'files with authorities that are trusted in addition to those of Node (PEM)',
    }),
  }),
});

const UPSTREAM: KeyPath = ['storage', 'maintenance', 'scrub', 'upstream'];
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** `undefined` without a URL. */
export function toUpstream({
  url,
  username,
  password,
  passwordfile,
  only,
  tls,
}: z.output<typeof upstream>): UpstreamConfiguration | undefined {
  if (!url) return undefined;
  const { host, protocol } = new URL(url);
  const { certificate, key, rootcas } = tls;
  return {
    host,
    scheme: protocol === 'https:' ? 'https' : 'http',
    ...(username && {
      user: {
        name: username,
        ...(password && { password }),
        ...(!password && passwordfile && { passwordFile: passwordfile }),
      },
    }),
    repositories: only,
    tls: {
      ...(certificate && { certificateFile: certificate }),
      ...(key && { keyFile: key }),
      authorityFiles: rootcas,
    },
  };
}

/** Problems between the keys of the upstream. */
export function checkUpstream(root: ConfigNode): Finding[] {
  const findings: Finding[] = [];
  const find = (keys: readonly string[], message: string): void =>
    void findings.push({ path: [...UPSTREAM, ...keys], message });
  const has = (...keys: string[]): boolean => Boolean(textAt(root, [...UPSTREAM, ...keys]));
  const needs = (one: readonly string[], other: readonly string[]): void => {
    if (has(...one) && !has(...other)) find(one, `needs ${[...UPSTREAM, ...other].join('.')} as well`);
  };
  const text = textAt(root, [...UPSTREAM, 'url']);
  if (!text) {
    const isMeant = ['username', 'password', 'passwordfile', 'only'].some((key) => isWritten(root, key));
    if (isMeant) find([], 'needs url as well: where the registry is');
    return findings;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    find(['url'], 'must contain no user; there are username and password for one');
  } else if (url !== undefined && !['/', '/v2', '/v2/'].includes(url.pathname)) {
    find(['url'], 'must have no path: the API of a registry is at /v2/ of its host');
  }
  if (has('username') && !has('password') && !has('passwordfile')) {
    find(['username'], 'needs password or passwordfile as well');
  }
  for (const secret of ['password', 'passwordfile']) needs([secret], ['username']);
  if (url?.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    if (has('username')) find(['url'], 'must begin with https:// because the password would be sent in the clear');
    else if (booleanOf(textAt(root, [...UPSTREAM, 'insecure']) ?? '') !== true) {
      const remedy = 'write insecure: true beside it if everybody on the way may read and change what is sent';
      find(['url'], `must begin with https://; ${remedy}`);
    }
  }
  needs(['tls', 'certificate'], ['tls', 'key']);
  needs(['tls', 'key'], ['tls', 'certificate']);
  return findings;
}

/** An empty list says nothing. */
function isWritten(root: ConfigNode, key: string): boolean {
  const node = nodeAt(root, [...UPSTREAM, key]);
  return node instanceof ListNode ? node.items.length > 0 : Boolean(textAt(root, [...UPSTREAM, key]));
}

/** A key of the upstream that is valid and has no effect. */
export function findIdleUpstream(root: ConfigNode): Finding[] {
  const [password, file] = ['password', 'passwordfile'].map((key) => textAt(root, [...UPSTREAM, key]));
  return password && file ? [{ path: [...UPSTREAM, 'passwordfile'], message: 'has no effect beside password' }] : [];
}
