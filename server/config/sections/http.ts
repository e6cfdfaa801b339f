import { availableParallelism } from 'node:os';
import type { z } from 'zod';
import { isUrlRoot } from '../../../core/api/url-root.ts';
import type { Network } from '../../../core/model/network.ts';
import type { Finding } from '../engine/problem.ts';
import {
  duration,
  flag,
  type ListenAddress,
  oneOf,
  parseTcpAddress,
  size,
  type TcpAddress,
  text,
  textOf,
  unexpected,
  waitingTime,
  workers,
} from '../engine/scalars.ts';
import { BadValue, group, listOf, quote, type Schema, scalar, setting } from '../engine/schema.ts';
import { type ConfigNode, ListNode, nodeAt, textAt } from '../engine/tree.ts';
import { debug } from './http-debug.ts';
import { headers } from './http-headers.ts';
import { type TlsConfiguration, tls, toTls } from './http-tls.ts';
import { trustedProxies } from './http-trusted-proxies.ts';

/** How the registry is reached. */
export interface HttpConfiguration {
  readonly address: ListenAddress;
  /** What absolute locations begin with, for example `https://registry.example.com:5000/images`; no slash at the end. */
  readonly externalUrl?: string;
  /** How many processes share the address, at least 1. */
  readonly workers: number;
  /** Path before `/v2/`: empty, or from a `/` to no `/`. */
  readonly prefix: string;
  readonly relativeUrls: boolean;
  /** The first signs, all verify. Empty: the process makes one itself. No secret is an empty text. */
  readonly secrets: readonly string[];
  /** Absent: tokens do not age. */
  readonly maxTokenAgeMs?: number;
  /** With `redis`, the configuration has `redis` as well. */
  readonly tokenProvider: 'hmac' | 'redis';
  readonly maxManifestBytes: number;
  /** 0: running requests are cut off. */
  readonly drainTimeoutMs: number;
  /** How long requests are still accepted after the signal to stop. */
  readonly drainDelayMs: number;
  /** 0 means no limit. */
  readonly timeouts: { readonly headersMs: number; readonly idleMs: number; readonly keepAliveMs: number };
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly Network[];
  /** Absent: plain HTTP. */
  readonly tls?: TlsConfiguration;
  /** Where the debug server listens; absent: no debug server. */
  readonly debugAddress?: TcpAddress;
  /** Where the debug server shows metrics; absent: nothing is counted. */
  readonly metricsPath?: string;
}

const secret: Schema<string> = scalar('text', (node) => {
  if (textOf(node) === '') throw new BadValue('is empty; anyone could forge tokens with it');
  return node.text;
});

/** Without a slash at the end. */
const externalUrl: Schema<string> = scalar('URL', (node) => {
  const url = URL.canParse(node.text) ? new URL(node.text) : undefined;
  const path = url?.pathname.replace(/\/$/, '') ?? '';
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || !isUrlRoot(`${url.origin}${path}`)) {
    throw unexpected(node, 'a URL such as https://registry.example.com');
  }
  return `${url.origin}${path}`;
});

const prefix: Schema<string> = scalar('path', (node) => {
  if (node.text !== '' && !/^\/[A-Za-z0-9._~/-]*$/.test(node.text)) {
    throw new BadValue('expected a path such as /registry', quote(node.text));
  }
  return node.text.replace(/(?<!\/)\/+$/, '');
});

export const http = group({
  addr: setting(text, {
    default: '127.0.0.1:5000',
    kept: 'set',
    description: '`host:port`, or `:port` for all interfaces; with `net: unix`, the path of the socket',
  }),
  net: setting(oneOf('tcp', 'unix'), { default: 'tcp', description: 'type of `addr`' }),
  host: setting(externalUrl, {
    description: 'URL by which clients reach the registry; its path, if any, precedes `prefix`',
  }),
  prefix: setting(prefix, { default: '""', description: 'path before `/v2/`' }),
  relativeurls: setting(flag, {
    default: 'false',
    description: 'leaves scheme and host out of the locations in answers',
  }),
  secret: setting(text, {
    reloads: true,
    kept: 'set',
    description: 'signs upload tokens; must be the same on all instances. Without it, each instance uses a random one',
  }),
  secrets: setting(listOf(secret), {
    default: '[]',
    reloads: true,
    kept: 'set',
    description:
      'older or newer secrets whose tokens are also accepted, for changing `http.secret` without losing uploads',
  }),
  maxtokenage: setting(duration, { default: '0s', description: 'how long an upload token is valid; 0 means for ever' }),
  tokenprovider: setting(oneOf('hmac', 'redis'), {
    default: 'hmac',
    kept: 'set',
    description: 'how upload tokens are made: signed with `http.secret`, or kept in Redis',
  }),
  maxmanifestsize: setting(size, { default: '4MiB', description: 'largest accepted manifest' }),
  draintimeout: setting(waitingTime, {
    default: '30s',
    description: 'how long running requests may take once no more connections are accepted; 0 cuts them off',
  }),
  draindelay: setting(waitingTime, {
    default: '0s',
    description:
      'how long requests are still accepted after the signal to stop, so that balancers see `/readyz` fail first',
  }),
  timeouts: group({
    headers: setting(waitingTime, {
      default: '60s',
      description: 'how long a client may take to send the head of a request; 0 means no limit',
    }),
    idle: setting(waitingTime, {
      default: '120s',
      description: 'how long a connection may transfer nothing, or a body less than 16 KiB; 0 means no limit',
    }),
    keepalive: setting(waitingTime, {
      default: '150s',
      description: 'how long an idle connection is kept open',
    }),
  }),
  headers: setting(headers, {
    default: '{}',
    description: 'headers to add to every answer, each with a list of values',
  }),
  trustedproxies: setting(trustedProxies, {
    default: '[]',
    description:
      'addresses and networks of proxies whose `X-Forwarded-For` names the client, for access controllers and the access log, and whose `X-Request-Id` and `traceparent` are kept; with any, a Unix socket is trusted as well. Without any, the access log shows the first address in the header',
  }),
  tls,
  workers: setting(workers, {
    default: '1',
    description: 'number of processes that share the address; `auto` means one for each core',
  }),
  http2: group(
    { disabled: setting(flag, { default: 'false', description: 'offers HTTP/1.1 only' }) },
    { notYet: true },
  ),
  h2c: group(
    { enabled: setting(flag, { default: 'false', description: 'offers HTTP/2 without TLS' }) },
    { notYet: true },
  ),
  debug,
});

export function toHttp(settings: z.output<typeof http>): HttpConfiguration {
  const { timeouts, debug } = settings;
  const tlsConfiguration = toTls(settings.tls);
  return {
    address: listenAddress(settings.net, settings.addr),
    ...(settings.host && { externalUrl: settings.host }),
    workers: settings.workers === 'auto' ? availableParallelism() : settings.workers,
    prefix: settings.prefix,
    relativeUrls: settings.relativeurls,
    secrets: [...(settings.secret ? [settings.secret] : []), ...settings.secrets],
    ...(settings.maxtokenage > 0 && { maxTokenAgeMs: settings.maxtokenage }),
    tokenProvider: settings.tokenprovider,
    maxManifestBytes: settings.maxmanifestsize,
    drainTimeoutMs: settings.draintimeout,
    drainDelayMs: settings.draindelay,
    timeouts: { headersMs: timeouts.headers, idleMs: timeouts.idle, keepAliveMs: timeouts.keepalive },
    headers: settings.headers,
    trustedProxies: settings.trustedproxies,
    ...(tlsConfiguration && { tls: tlsConfiguration }),
    ...(debug.addr && { debugAddress: parseTcpAddress(debug.addr) }),
    ...(debug.addr && debug.prometheus.enabled && { metricsPath: debug.prometheus.path }),
  };
}

/** Problems between keys of `http` that are each valid alone. */
export function checkHttp(root: ConfigNode): Finding[] {
  const findings: Finding[] = [];
  try {
    listenAddress(textAt(root, ['http', 'net']) ?? 'tcp', textAt(root, ['http', 'addr']));
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    const path = ['http', 'addr'];
    findings.push({ path, message: error.messageAt(path) });
  }
  const secrets = nodeAt(root, ['http', 'secrets']);
  if (secrets instanceof ListNode && secrets.items.length > 0 && !textAt(root, ['http', 'secret'])) {
    findings.push({
      path: ['http', 'secrets'],
      message: 'needs http.secret as well: it signs new tokens, these only verify older ones',
    });
  }
  return findings;
}

/** The address to listen on. @throws BadValue */
function listenAddress(net: string, addr: string | undefined): ListenAddress {
  if (net !== 'unix') return parseTcpAddress(addr ?? '127.0.0.1:5000');
  if (addr === undefined || addr === '') throw new BadValue('must be the path of the socket, because http.net is unix');
  return { socket: addr };
}
