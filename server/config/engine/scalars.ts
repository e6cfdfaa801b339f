import { parseBytes, parseDurationMs } from '../../../core/model/units.ts';
import { didYouMean } from '../../../plugins/loading/suggest.ts';
import { booleanOf } from './read-yaml.ts';
import { BadValue, quote, type Schema, scalar } from './schema.ts';
import type { ScalarNode } from './tree.ts';

/** No machine can use more processes; each takes about 100 MB. */
const MAX_WORKERS = 512;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Any scalar, as it was spelled. */
export const text: Schema<string> = scalar('text', textOf);

/** Refuses what is null in YAML, such as `~` or `&x`: in a list or a section of texts, a text may have been meant. */
export function textOf(node: ScalarNode): string {
  if (node.value === null) throw new BadValue('expected text', 'nothing');
  return node.text;
}

/** A text that names something. */
export const name: Schema<string> = scalar('name', (node) => {
  if (node.text === '') throw new BadValue('must not be empty');
  return node.text;
});

/** The type of {@link flag}. */
export const FLAG = 'true or false';

/** `true`, `yes`, `on` and their opposites, also in quotation marks, as some files have them. */
export const flag: Schema<boolean> = scalar(FLAG, (node) => {
  const value = typeof node.value === 'string' ? booleanOf(node.value) : node.value;
  if (typeof value !== 'boolean') throw unexpected(node, 'true or false');
  return value;
});

/** A whole number from `min` on. */
export function integer(min = Number.MIN_SAFE_INTEGER): Schema<number> {
  return scalar('whole number', (node) => {
    const { value } = node;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || /^[-+]?0\d/.test(node.text)) {
      throw unexpected(node, 'a whole number');
    }
    if (value < min) throw new BadValue(`must be at least ${min}, found ${value}`);
    return value;
  });
}

/** Milliseconds, written like in Go (`1h30m`, `300ms`, `1.5h`); a bare whole number counts nanoseconds. Never negative. */
export const duration: Schema<number> = scalar('duration', readDuration);

/** A {@link duration} that a timer waits for, capped at the longest that a timer takes: 24 days. */
export const waitingTime: Schema<number> = scalar('duration', (node) => Math.min(readDuration(node), MAX_TIMER_MS));

/** Bytes: a whole number, or one with a unit (`4MiB` = 4 · 1024², `4MB` = 4 · 1000²). */
export const size: Schema<number> = scalar('size', (node) => {
  const bytes = parseBytes(node.text) ?? 0;
  if (bytes === 0) throw unexpected(node, 'a size such as 4MiB, 4MB or 4194304');
  return bytes;
});

/** One of some words, in any case. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Schema<Word> {
  const known = words.filter((word) => word !== '');
  return scalar(known.join(' \\| '), (node) => {
    const found = words.find((word) => word === node.text.toLowerCase());
    if (found !== undefined) return found;
    throw new BadValue(
      `unknown value ${quote(node.text)}, expected one of ${known.join(', ')}${didYouMean(node.text, known)}`,
    );
  });
}

/** An absolute http or https URL; the result is what was written. */
export const httpUrl: Schema<string> = scalar('URL', (node) => {
  const url = URL.canParse(node.text) ? new URL(node.text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.host === '') {
    throw unexpected(node, 'a URL such as https://registry.example.com');
  }
  return node.text;
});

/** How many processes: a whole number from 1 on, or `auto` for one on each core. */
export const workers: Schema<number | 'auto'> = scalar('whole number or auto', (node) => {
  if (node.text === 'auto') return 'auto';
  const { value } = node;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw unexpected(node, 'a whole number from 1 on, or auto');
  }
  if (value > MAX_WORKERS) throw new BadValue(`must be at most ${MAX_WORKERS}`, quote(node.text));
  return value;
});

/** A place in the network. */
export interface TcpAddress {
  /** A name or an IP address without brackets; absent for every interface. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Where the registry listens. */
export type ListenAddress =
  | TcpAddress
  | {
      /** The path of a unix socket. */
      readonly socket: string;
    };

/**
 * `127.0.0.1:5000`, `[::1]:5000`, `registry.local:5000`, `:5000`.
 * @throws BadValue
 */
export function parseTcpAddress(text: string): TcpAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:%\w+)?)\]|([^:[\]\s/]*)):([^:]*)$/.exec(text);
  if (match === null) {
    throw new BadValue('expected host:port or :port, such as 127.0.0.1:5000', quote(text));
  }
  const [, bracketed, plain, digits = ''] = match;
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(port <= 65_535)) throw new BadValue('the port must be a number from 0 to 65535', quote(digits));
  const host = bracketed ?? plain ?? '';
  return host === '' ? { port } : { host, port };
}

/** `host:port`, as it was written. */
export const address: Schema<string> = scalar('host:port', (node) => {
  parseTcpAddress(node.text);
  return node.text;
});

/** A value of another form than `expected` says. */
export function unexpected(node: ScalarNode, expected: string): BadValue {
  return new BadValue(`expected ${expected}`, node.value === null ? 'nothing' : quote(node.text));
}

function readDuration(node: ScalarNode): number {
  const { value } = node;
  if (typeof value === 'number' && Number.isInteger(value)) return notNegative(value / 1e6, node);
  const ms = typeof value === 'string' ? parseDurationMs(value) : undefined;
  if (ms === undefined) throw unexpected(node, 'a duration such as 30s, 1h30m or 300ms');
  return notNegative(ms, node);
}

function notNegative(ms: number, node: ScalarNode): number {
  if (ms < 0) throw new BadValue('must not be negative', quote(node.text));
  return ms;
}
