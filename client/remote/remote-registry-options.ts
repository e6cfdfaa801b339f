import type { CredentialSource } from '../credentials/credential-source.ts';
import type { RetryOptions, TimeOuts, TlsOptions } from '../http/http-settings.ts';

/** The registry, and how it is reached. */
export interface RemoteRegistryOptions {
  /** The host as in references: `localhost:5000`, `quay.io`; `docker.io` for Docker Hub. */
  readonly host: string;
  /**
   * Default: `https`; for a loopback address or a host in `insecureRegistries`, `http` if the host does not speak TLS.
   */
  readonly scheme?: 'https' | 'http' | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Consulted at the first challenge. Default: all requests are anonymous. */
  readonly credentials?: CredentialSource | undefined;
  /** Hosts, with a port if there is one, whose certificates are not verified and that may use plain HTTP. */
  readonly insecureRegistries?: readonly string[] | undefined;
  /**
   * `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are read from it, in upper or lower case, and nothing else.
   */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly timeOuts?: TimeOuts | undefined;
  readonly retries?: RetryOptions | undefined;
  /** The maximum number of connections to one host. Default: 64. */
  readonly maxConnections?: number | undefined;
  /** The header `User-Agent`. Default: `stowage`. */
  readonly userAgent?: string | undefined;
}
