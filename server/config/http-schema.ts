import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isUrlRoot } from '../../core/api/url-root.ts';
import { address } from './address.ts';
import { duration, flag, oneOf, size, text, textOf, unexpected, waitingTime, workers } from './scalars.ts';
import { BadValue, group, listOf, mapOf, quote, type Schema, scalar, setting } from './structure.ts';
import { tls } from './tls-schema.ts';

const headerValue: Schema<string> = scalar('text', (node) => {
  const value = textOf(node);
  try {
    validateHeaderValue('x', value);
  } catch {
    throw new BadValue('has a character that a header must not contain');
  }
  return value;
});

/** Header names with the list of their values. */
export const headers = mapOf(listOf(headerValue), (name) => {
  try {
    validateHeaderName(name);
  } catch {
    throw new BadValue('cannot be the name of a header');
  }
});

const secret: Schema<string> = scalar('text', (node) => {
  if (textOf(node) === '') throw new BadValue('is empty; anybody could make tokens with it');
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

/** Where the debug server answers for the checks. */
const HEALTH_PATH = '/debug/health';
const METRICS_PATH = '/metrics';

const metricsPath: Schema<string> = scalar('path', (node) => {
  if (node.text === HEALTH_PATH) {
    throw new BadValue(
      `must not be ${HEALTH_PATH}, where the checks of health are; choose one such as ${METRICS_PATH}`,
    );
  }
  if (node.text !== '' && !/^\/[A-Za-z0-9._~/-]*$/.test(node.text)) {
    throw new BadValue(`expected a path such as ${METRICS_PATH}`, quote(node.text));
  }
  return node.text || METRICS_PATH;
});

const later = { later: true } as const;

const debug = group({
  addr: setting(address, { about: 'address of the debug server, which answers `/debug/health`; none without it' }),
  prometheus: group({
    enabled: setting(flag, {
      default: 'false',
      about: 'counts requests and storage calls, for the debug server to show',
    }),
    path: setting(metricsPath, { default: METRICS_PATH, about: 'where the debug server shows metrics to Prometheus' }),
  }),
});

export const http = group({
  addr: setting(text, {
    default: '127.0.0.1:5000',
    about: '`host:port`, or `:port` for every interface; with `net: unix` the path of the socket',
  }),
  net: setting(oneOf('tcp', 'unix'), { default: 'tcp', about: 'kind of address' }),
  host: setting(externalUrl, {
    about: 'URL under which clients reach the registry; a path in it comes before `prefix`',
  }),
  prefix: setting(prefix, { default: '""', about: 'path before `/v2/`' }),
  relativeurls: setting(flag, { default: 'false', about: 'answers with locations without scheme and host' }),
  secret: setting(text, {
    about: 'signs upload tokens; the same in every instance. Without it each instance makes its own',
  }),
  secrets: setting(listOf(secret), {
    default: '[]',
    about: 'further secrets whose tokens are still taken, for changing `http.secret` while running',
  }),
  maxtokenage: setting(duration, { default: '0s', about: 'how long an upload token is taken; 0 means for ever' }),
  tokenprovider: setting(oneOf('hmac', 'redis'), {
    default: 'hmac',
    about: 'how upload tokens are made: signed with `http.secret`, or kept in Redis',
  }),
  maxmanifestsize: setting(size, { default: '4MiB', about: 'largest manifest that is taken' }),
  draintimeout: setting(waitingTime, {
    default: '30s',
    about: 'how long running requests may take when no more are accepted; 0 cuts them off',
  }),
  draindelay: setting(waitingTime, {
    default: '0s',
    about: 'how long requests are still accepted after the signal to stop, so that balancers see `/readyz` fail first',
  }),
  timeouts: group({
    headers: setting(waitingTime, {
      default: '60s',
      about: 'time for a client to send the head of a request; 0 means no limit',
    }),
    idle: setting(waitingTime, {
      default: '120s',
      about: 'time without a byte in either direction, or in which a body brings less than 16 KiB; 0 means no limit',
    }),
    keepalive: setting(waitingTime, { default: '150s', about: 'time that a connection waits for its next request' }),
  }),
  headers: setting(headers, { default: '{}', about: 'headers of every answer, each with a list of values' }),
  tls,
  workers: setting(workers, {
    default: '1',
    about: 'processes that share the address; `auto` is one a core',
  }),
  http2: group({ disabled: setting(flag, { default: 'false', about: 'HTTP/1.1 only' }) }, later),
  h2c: group({ enabled: setting(flag, { default: 'false', about: 'HTTP/2 without TLS' }) }, later),
  debug,
});
