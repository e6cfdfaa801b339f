import type { Scenario } from '../scenarios.ts';

/** `stowage init`: writes a configuration. */
export interface InitRequest {
  readonly kind: 'init';
  readonly scenarios: ReadonlySet<Scenario>;
  /** Where the file is written; made if missing. */
  readonly folder: string;
  /** The name or address under which clients reach the registry. */
  readonly host: string;
  /** Where content is kept; beside the file when `undefined`. */
  readonly storage: string | undefined;
  /** host:port of Redis, for a cluster. */
  readonly redis: string | undefined;
}

/** What a configuration is written from. */
export interface InitOptions extends Pick<InitRequest, 'scenarios' | 'host' | 'redis'> {
  /** Absolute. */
  readonly storage: string;
  /** What all instances of a cluster share; left to a variable when `undefined`. */
  readonly secret: string | undefined;
}

/** The port that all scenarios listen at. */
export const PORT = 5000;

/** The text of a configuration for the scenarios, with comments. */
export function configurationText(options: InitOptions): string {
  const sections = [
    head(options),
    storageSection(options),
    httpSection(options),
    authSection(options),
    redisSection(options),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function head({ scenarios }: InitOptions): string {
  return `# Written by: stowage init ${[...scenarios].join(',')}
# All keys: docs/configuration-reference.md of Stowage. After a change: stowage check-config config.yml
# Every key can be overridden by a variable, for example REGISTRY_HTTP_ADDR=:5001.
version: 0.1`;
}

function storageSection({ scenarios, storage }: InitOptions): string {
  const where = scenarios.has('cluster')
    ? `# Files below a folder that all instances see, such as NFS or CephFS. For a bucket, use the driver gcs instead.`
    : `# Files below this folder, laid out as CNCF distribution does it; made if missing.`;
  return `storage:
  ${where}
  filesystem:
    rootdirectory: ${scalar(storage)}
  # Without this, clients cannot delete tags, manifests and blobs.
  delete:
    enabled: true`;
}

function httpSection({ scenarios, host, secret }: InitOptions): string {
  const lines = ['http:'];
  const isOpen = !scenarios.has('htpasswd');
  if (isReachable({ scenarios, host })) {
    lines.push('  # Listen on every interface of this machine.');
    if (isOpen)
      lines.push(
        '  # Everybody who reaches it may push, pull and delete: add auth before you open the port to others.',
      );
    lines.push(`  addr: :${PORT}`);
  } else {
    lines.push(`  # Only this machine can reach it; \`:${PORT}\` listens on every interface.`);
    lines.push(`  addr: 127.0.0.1:${PORT}`);
  }
  if (scenarios.has('tls')) {
    lines.push(
      '  # Relative paths start at the folder of this file. Both files are read again when they change.',
      '  tls:',
      '    certificate: certificate.pem',
      '    key: key.pem',
    );
  } else if (scenarios.has('htpasswd')) {
    lines.push('  # Without TLS, here or in a proxy, passwords can be read on the network.');
  }
  if (scenarios.has('cluster')) {
    lines.push(
      ...secretLines(secret),
      '  # How long connections are still accepted after the signal to stop, so that balancers see /readyz fail.',
      '  draindelay: 10s',
      '  # How long running requests may take after that.',
      '  draintimeout: 60s',
    );
  }
  return lines.join('\n');
}

function secretLines(secret: string | undefined): string[] {
  if (secret === undefined) {
    return [
      '  # Set REGISTRY_HTTP_SECRET to the same value on all instances, so that any of them can continue an upload.',
      '  # `openssl rand -hex 32` makes one.',
    ];
  }
  return [
    '  # The same on all instances, so that any of them can continue an upload. Keep this file private, or move the',
    '  # secret to the variable REGISTRY_HTTP_SECRET.',
    `  secret: ${secret}`,
  ];
}

function authSection({ scenarios }: InitOptions): string {
  if (!scenarios.has('htpasswd')) return '';
  return `# The users in this file may do everything, others nothing.
auth:
  htpasswd:
    realm: Registry
    # Lines as \`htpasswd -B\` writes them; read again when the file changes.
    path: htpasswd`;
}

function redisSection({ scenarios, redis }: InitOptions): string {
  if (!scenarios.has('cluster')) return '';
  const text = `redis:
  addrs: [${scalar(redis ?? 'redis.example.com:6379')}]`;
  const why = `# Optional: through Redis, instances share upload locks and learn of deletes at once. Each registry needs a database of its own.`;
  return redis === undefined ? `${why}\n${text.replaceAll(/^/gm, '# ')}` : `${why}\n${text}`;
}

/** Whether other machines are meant to reach it. */
export function isReachable({ scenarios, host }: Pick<InitOptions, 'scenarios' | 'host'>): boolean {
  return scenarios.has('cluster') || (scenarios.has('tls') && host !== 'localhost');
}

/** A text as YAML; JSON is YAML, too. */
function scalar(text: string): string {
  return /^[/\w][\w./-]*$/.test(text) ? text : JSON.stringify(text);
}
