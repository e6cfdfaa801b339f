import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import type { ExecutionContext } from 'ava';
import type { Logger } from '../../../../core/ports/logger.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../../../server/config/index.ts';
import { listen, localUrl } from '../../../../server/http/listen.ts';
import { createNodeServer } from '../../../../server/http/node-server.ts';
import { readTls } from '../../../../server/http/tls.ts';
import { startRegistry } from '../../../../server/main.ts';
import type { TestCertificate } from '../../../helpers/http/certificates.ts';

/** A registry over TLS. */
export interface TlsRegistry {
  readonly port: number;
  /** Asks for `/v2/` on a connection of its own: the status, or `refused` when the server ended the connection. */
  readonly ask: (client: ConnectionOptions) => Promise<number | 'refused'>;
}

/**
 * Starts a registry with `http.tls` as given, in YAML; relative files start at `folder`. Its own certificate must be made
 * for `localhost`; clients do not check it.
 */
export async function startTlsRegistry(t: ExecutionContext, folder: string, tls: string): Promise<TlsRegistry> {
  const registry = await startRegistry(await loadTls(folder, tls));
  t.teardown(() => registry.stop());
  const port = Number(new URL(registry.address).port);
  return { port, ask: (client) => ask(port, client) };
}

/** A configuration with this `http.tls`. */
export function loadTls(folder: string, tls: string): Promise<LoadedConfiguration> {
  const text = `version: 0.1\nlog: {level: error}\nstorage: inmemory\nhttp: {addr: "127.0.0.1:0", tls: ${tls}}\n`;
  return loadConfiguration({ path: join(folder, 'config.yml'), text, env: {} });
}

/** A server over TLS that only counts its requests. */
export interface RecordingServer {
  readonly port: number;
  /** The reason in the first line about a failed handshake. */
  readonly logged: Promise<string>;
  readonly requests: () => number;
}

export async function startRecordingServer(
  t: ExecutionContext,
  folder: string,
  keys: string,
): Promise<RecordingServer> {
  const loaded = await loadTls(folder, keys);
  const { promise: logged, resolve } = Promise.withResolvers<string>();
  const ignore = (): void => undefined;
  const info: Logger['info'] = ({ reason }) => resolve(String(reason));
  const log: Logger = { debug: ignore, info, warn: ignore, error: ignore };
  const tls = await readTls(loaded);
  let requests = 0;
  const count: RequestListener = (_, response) => {
    requests += 1;
    response.end();
  };
  const { http } = loaded.configuration;
  const { server, connections } = createNodeServer(count, { timeouts: http.timeouts, tls, log });
  await listen(server, http.address);
  t.teardown(async () => {
    server.close();
    await connections.ended(0);
  });
  return { port: Number(new URL(localUrl(server, 'https')).port), logged, requests: () => requests };
}

/** The client's side of a certificate. */
export async function identity({ certFile, keyFile }: TestCertificate): Promise<{ cert: string; key: string }> {
  return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
}

/** Shakes hands once: the version and the cipher suite (IANA's name), or the code of what failed. */
export async function shakeHands(port: number, client: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...client });
    socket.once('secureConnect', () => {
      resolve(`${socket.getProtocol()} ${socket.getCipher().standardName}`);
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** Asks for `/v2/` on a connection of its own. */
export async function ask(port: number, client: ConnectionOptions): Promise<number | 'refused'> {
  const agent = new Agent({ maxCachedSessions: 0 });
  const url = `https://127.0.0.1:${port}/v2/`;
  try {
    return await new Promise((resolve, reject) => {
      get(url, { agent, rejectUnauthorized: false, ...client }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
      }).once('error', (error: NodeJS.ErrnoException) => {
        // Which one it is depends on whether the alert or the end of the connection is noticed first.
        if (/^(?:ECONNRESET|EPIPE|EPROTO|ERR_SSL_.*)$/.test(error.code ?? '')) resolve('refused');
        else reject(error);
      });
    });
  } finally {
    agent.destroy();
  }
}
