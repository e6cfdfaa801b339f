import type { CredentialSource } from '../credentials/credential-source.ts';
import type { RetryOptions, TimeOuts, TlsOptions } from '../http/http-settings.ts';

/** Which registry, and how it is reached. */
export interface RemoteRegistryOptions {
  /** As it stands in a reference: `localhost:5000`, `quay.io`; `docker.io` stands for Docker Hub. */
  readonly host: string;
  /**
   * Unless given: `https`, and for a loopback address or a host of `insecureRegistries` `http` where the host does not
   * speak TLS.
   */
  readonly scheme?: 'https' | 'http' | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Asked at the first challenge; without it all requests are anonymous. */
  readonly credentials?: CredentialSource | undefined;
  /** Hosts, with a port if there is one, whose certificates are not verified and that may speak plain HTTP. */
  readonly insecureRegistries?: readonly string[] | undefined;
  /** `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are read of it, in upper or lower case; nothing else is. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly timeOuts?: TimeOuts | undefined;
  readonly retries?: RetryOptions | undefined;
  /** Connections to one host. Default: 64. */
  readonly maxConnections?: number | undefined;
  /** The header `User-Agent`. Default: `stowage`. */
  readonly userAgent?: string | undefined;
}
