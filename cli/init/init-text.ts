import type { Scenario } from '../scenarios.ts';

/** `stowage init`: writes a configuration. */
export interface InitRequest {
  readonly kind: 'init';
  readonly scenarios: ReadonlySet<Scenario>;
  /** The folder to write the file to; created if missing. */
  readonly folder: string;
  /** The name or address under which clients reach the registry. */
  readonly host: string;
  /** Where content is kept; `undefined` for a folder beside the file. */
  readonly storage: string | undefined;
  /** host:port of Redis, for a cluster. */
  readonly redis: string | undefined;
}

/** The values from which a configuration is written. */
export interface InitOptions extends Pick<InitRequest, 'scenarios' | 'host' | 'redis'> {
  /** Absolute. */
  readonly storage: string;
  /** The secret that all instances of a cluster share; `undefined` leaves it to a variable. */
  readonly secret: string | undefined;
}

/** The port on which all scenarios listen. */
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
# All keys: docs/configuration-reference.md of Stowage. After a change, run: stowage check-config config.yml
# A variable can override any key, for example REGISTRY_HTTP_ADDR=:5001.
version: 0.1`;
}

function storageSection({ scenarios, storage }: InitOptions): string {
  const where = scenarios.has('cluster')
    ? `# A folder that all instances share, such as one on NFS or CephFS. For a bucket, use the driver gcs instead.`
    : `# Content is kept in this folder, in the layout of CNCF distribution. It is created if missing.`;
  return `storage:
  ${where}
  filesystem:
    rootdirectory: ${scalar(storage)}
  # Without this, clients cannot delete tags, manifests and blobs.
  delete:
    enabled: true
    # What was deleted stays in the trash for so long, and comes back with: stowage undelete
    keep: 72h
  maintenance:
    ${collection(scenarios)}
    taghistory:
      # Who moved which tag stays recorded for so long; see: stowage tag history
      keep: 720h`;
}

/** Only the operator knows whether a shared folder is mounted as a collection needs it. */
function collection(scenarios: InitOptions['scenarios']): string {
  return scenarios.has('cluster')
    ? `# Removes what nothing needs once a day, while the registry serves. On NFS it needs the mount option lookupcache=none,
    # so it is off until you remove the #.
    # gc: { enabled: true }`
    : `gc:
      # Once a day, what nothing needs goes to the trash, while the registry serves.
      enabled: true`;
}

function httpSection({ scenarios, host, secret }: InitOptions): string {
  const lines = ['http:'];
  const isOpen = !scenarios.has('htpasswd');
  if (isReachable({ scenarios, host })) {
    lines.push('  # Listen on every interface of this machine.');
    if (isOpen)
      lines.push(
        '  # Anybody who can reach it may push, pull and delete: add auth before you open the port to others.',
      );
    lines.push(`  addr: :${PORT}`);
  } else {
    lines.push(`  # Only this machine can reach this address; \`:${PORT}\` listens on every interface.`);
    lines.push(`  addr: 127.0.0.1:${PORT}`);
  }
  if (scenarios.has('tls')) {
    lines.push(
      '  # Paths are relative to the folder of this file. Both files are read again when they change.',
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
      '  # How long to accept connections after the signal to stop, so that load balancers see /readyz fail.',
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
      '  # `openssl rand -hex 32` generates one.',
    ];
  }
  return [
    '  # It is the same on all instances, so that any of them can continue an upload. Keep this file private, or move the',
    '  # secret to the variable REGISTRY_HTTP_SECRET.',
    `  secret: ${secret}`,
  ];
}

function authSection({ scenarios }: InitOptions): string {
  if (!scenarios.has('htpasswd')) return '';
  return `# The users in the password file may do everything, and nobody else anything.
auth:
  htpasswd:
    realm: Registry
    # \`htpasswd -B\` writes this file, which is read again when it changes.
    path: htpasswd`;
}

function redisSection({ scenarios, redis }: InitOptions): string {
  if (!scenarios.has('cluster')) return '';
  const text = `redis:
  addrs: [${scalar(redis ?? 'redis.example.com:6379')}]`;
  const why = `# Optional: with Redis, instances share upload locks and learn of deletes at once. Each registry needs its own database.`;
  return redis === undefined ? `${why}\n${text.replaceAll(/^/gm, '# ')}` : `${why}\n${text}`;
}

/** Whether other machines are meant to use the registry. */
export function isReachable({ scenarios, host }: Pick<InitOptions, 'scenarios' | 'host'>): boolean {
  return scenarios.has('cluster') || (scenarios.has('tls') && host !== 'localhost');
}

/** A text as a YAML scalar, quoted as JSON if necessary: JSON is YAML. */
function scalar(text: string): string {
  return /^[/\w][\w./-]*$/.test(text) ? text : JSON.stringify(text);
}
