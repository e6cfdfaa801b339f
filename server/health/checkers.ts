import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect } from 'node:net';
import type { CheckSchedule, HealthConfiguration } from '../config/index.ts';
import type { StorageProbe } from './storage-probe.ts';

/** A health check that runs at intervals. */
export interface Checker extends CheckSchedule {
  /** The name that distribution gives it; without user and password. */
  readonly name: string;
  /**
   * Checks once.
   * @returns what is wrong; `undefined` when nothing is
   */
  readonly check: (signal: AbortSignal) => Promise<string | undefined>;
}

/** The checks that the configuration asks for. */
export function checkersOf(
  { storage, files, http, tcp }: HealthConfiguration,
  { probe, driverName }: { readonly probe: StorageProbe; readonly driverName: string },
): Checker[] {
  return [
    ...(storage ? [{ ...storage, name: `storagedriver_${driverName}`, check: () => probe.check() }] : []),
    ...files.map((check) => ({ ...check, name: check.file, check: () => checkFile(check.file) })),
    ...http.map((check) => ({
      ...check,
      name: withoutUser(check.url),
      check: (signal: AbortSignal) => checkHttp(check, within(check.timeoutMs, signal)),
    })),
    ...tcp.map((check) => ({
      ...check,
      check: (signal: AbortSignal) => checkTcp(check, within(check.timeoutMs, signal)),
    })),
  ];
}

async function checkFile(file: string): Promise<string | undefined> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  return isThere ? 'file exists' : undefined;
}

async function checkHttp(
  { url, headers, status }: HealthConfiguration['http'][number],
  signal: AbortSignal,
): Promise<string | undefined> {
  const ask = url.startsWith('https:') ? tlsRequest : plainRequest;
  const request = ask(url, { method: 'HEAD', agent: false, signal });
  for (const [name, values] of Object.entries(headers)) request.setHeader(name, values);
  try {
    request.end();
    const [response] = (await once(request, 'response')) as [{ statusCode?: number }];
    return response.statusCode === status ? undefined : `answered ${response.statusCode} instead of ${status}`;
  } catch (error) {
    return `does not answer: ${reasonOf(error)}`;
  } finally {
    request.on('error', () => undefined).destroy();
  }
}

async function checkTcp(
  { address: { host = 'localhost', port } }: HealthConfiguration['tcp'][number],
  signal: AbortSignal,
): Promise<string | undefined> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal });
    return undefined;
  } catch (error) {
    return `cannot be reached: ${reasonOf(error)}`;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

function within(timeoutMs: number, signal: AbortSignal): AbortSignal {
  return timeoutMs === 0 ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError') return 'timeout';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

function withoutUser(text: string): string {
  const url = new URL(text);
  if (url.username === '' && url.password === '') return text;
  url.username = '';
  url.password = '';
  return url.href;
}
