/** What a machine without the daemon of Docker runs in its place. */
export class DockerBySkopeo {
  readonly #run: (line: string) => Promise<string>;
  readonly #tags = new Map<string, string>();

  /** @param run runs a line in a folder that has an OCI layout for each image of the page */
  constructor(run: (line: string) => Promise<string>) {
    this.#run = run;
  }

  /** @throws Error for a command that it does not know */
  async do(line: string): Promise<void> {
    const [, command, first = '', second = ''] = line.split(' ');
    // Docker speaks plain HTTP to loopback addresses by itself.
    const isPlain = first.startsWith('127.');
    const isLocal = isPlain || first.startsWith('localhost:');
    if (command === 'tag') this.#tags.set(second, first);
    else if (command === 'logout') await this.#run(`skopeo logout ${first}`);
    else if (command === 'login') await this.#run(`skopeo login ${first} --username ann --password-stdin`);
    else if (command === 'push') {
      const layout = `oci:${this.#tags.get(first)}:latest`;
      await this.#run(`skopeo copy --dest-tls-verify=${!isPlain} ${layout} docker://${first}`);
    } else if (command === 'pull' && isLocal) {
      await this.#run(`skopeo copy --src-tls-verify=${!isPlain} docker://${first} oci:pulled:latest`);
    } else if (command !== 'pull') throw new Error(`a docker command that has no counterpart: ${line}`);
  }
}
