import { createHmac } from 'node:crypto';
import type { StoreRequest } from '../object-store/index.ts';

/** A storage account with one of its two keys. */
export interface SharedKey {
  readonly accountName: string;
  readonly key: Buffer;
}

/** The headers whose values are signed, in this order, in addition to those of Azure. */
const SIGNED_HEADERS = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
];

/** The HMAC-SHA256 of a text, in base64. */
export function signText(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64');
}

/**
 * The headers that authorize a request with the key of the account
 * (https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key). The service accepts them for a
 * quarter of an hour.
 */
export function signRequest(
  { accountName, key }: SharedKey,
  { method, url, headers = {}, body = [] }: StoreRequest,
  now = new Date(),
): Record<string, string> {
  const date = { 'x-ms-date': now.toUTCString() };
  const length = body.reduce((bytes, chunk) => bytes + chunk.byteLength, 0);
  const all: Record<string, string> = { ...headers, ...date, 'content-length': length === 0 ? '' : String(length) };
  const own = Object.entries(all)
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  const query = [...url.searchParams]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`);
  const resource = `/${accountName}${url.pathname}${query.join('')}`;
  const text = [method, ...SIGNED_HEADERS.map((name) => all[name] ?? ''), `${own.join('')}${resource}`].join('\n');
  return { ...date, authorization: `SharedKey ${accountName}:${signText(key, text)}` };
}
