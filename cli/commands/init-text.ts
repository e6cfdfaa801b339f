import type { InitCommand } from './init-command-line.ts';

/** What a configuration is written from. */
export interface InitFacts extends Pick<InitCommand, 'scenarios' | 'host' | 'redis'> {
  /** Absolute. */
  readonly storage: string;
  /** What all instances of a cluster share. */
  readonly secret: string;
}

/** The port that all scenarios listen at. */
export const PORT = 5000;

/** The text of a configuration for the scenarios, with comments. */
export function configurationText(facts: InitFacts): string {
  const sections = [head(facts), storageSection(facts), httpSection(facts), authSection(facts), redisSection(facts)];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function head({ scenarios }: InitFacts): string {
  return `# Written by: stowage init ${[...scenarios].join(',')}
# All keys: docs/configuration.md of Stowage. After a change: stowage check-config config.yml
# Every key can be overridden by a variable, for example REGISTRY_HTTP_ADDR=:5001.
version: 0.1`;
}

function storageSection({ scenarios, storage }: InitFacts): string {
  const where = scenarios.has('cluster')
    ? `# Files below a folder that all instances see, as on NFS or CephFS. For a bucket take the driver gcs instead.`
    : `# Files below this folder, laid out as CNCF distribution does it; made if missing.`;
  return `storage:
  ${where}
  filesystem:
    rootdirectory: ${scalar(storage)}
  # Without this, clients cannot delete tags, manifests and blobs.
  delete:
    enabled: true`;
}

function httpSection({ scenarios, host, secret }: InitFacts): string {
  const lines = ['http:'];
  const isOpen = !scenarios.has('htpasswd');
  if (isReachable({ scenarios, host })) {
    lines.push('  # Every interface of this machine.');
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
    lines.push('  # Without TLS, here or in a proxy, passwords can be read on the way.');
  }
  if (scenarios.has('cluster')) {
    lines.push(
      '  # The same for all instances, so that an upload may reach any of them. Keep this file to yourself, or take the',
      '  # secret out of it and set REGISTRY_HTTP_SECRET.',
      `  secret: ${secret}`,
      '  # From the signal to stop until no more connections are accepted: time for balancers to see /readyz fail.',
      '  draindelay: 10s',
      '  # What runs then may take so much longer.',
      '  draintimeout: 60s',
    );
  }
  return lines.join('\n');
}

function authSection({ scenarios }: InitFacts): string {
  if (!scenarios.has('htpasswd')) return '';
  return `# Users of this file may do everything, and nobody else anything.
auth:
  htpasswd:
    realm: Registry
    # Lines that \`htpasswd -B\` writes; read again when it changes.
    path: htpasswd`;
}

function redisSection({ scenarios, redis }: InitFacts): string {
  if (!scenarios.has('cluster')) return '';
  const text = `redis:
  addrs: [${scalar(redis ?? 'redis.example.com:6379')}]`;
  const why = `# Optional: by Redis instances share locks of uploads and learn of deletes at once. One database for each registry.`;
  return redis === undefined ? `${why}\n${text.replaceAll(/^/gm, '# ')}` : `${why}\n${text}`;
}

/** Whether other machines are meant to reach it. */
export function isReachable({ scenarios, host }: Pick<InitFacts, 'scenarios' | 'host'>): boolean {
  return scenarios.has('cluster') || (scenarios.has('tls') && host !== 'localhost');
}

/** A text as YAML; JSON is YAML, too. */
function scalar(text: string): string {
  return /^[/\w][\w./-]*$/.test(text) ? text : JSON.stringify(text);
}
