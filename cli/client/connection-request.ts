/** How registries are reached, as a command line says. */
export interface ConnectionRequest {
  readonly plainHttp: boolean;
  /** Hosts whose certificates are not verified. */
  readonly insecure: readonly string[];
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** Instead of the files of docker and podman. */
  readonly authFile: string | undefined;
}
