import { parseCommandLine } from '../../cli/command-line.ts';
import { configurationText } from '../../cli/init/init-text.ts';
import { table } from './table.ts';

/** The examples that `stowage init` writes, by name, with its arguments and what they are for. */
const COMMANDS = {
  'minimal.yml': ['local --storage /var/lib/registry', 'one machine, without passwords'],
  'tls.yml': ['tls --host registry.example.com --storage /var/lib/registry', 'TLS without a proxy'],
  'htpasswd.yml': [
    'tls,htpasswd --host registry.example.com --storage /var/lib/registry',
    'TLS, and the users of a password file',
  ],
  'redis-cluster.yml': [
    'cluster --storage /mnt/registry --redis redis.example.com:6379',
    'several instances on a shared folder, with Redis; each needs `REGISTRY_HTTP_SECRET`',
  ],
} as const;

/** An example as it must be now. */
export interface WrittenExample {
  readonly name: string;
  readonly text: string;
}

/** What `stowage init` writes for each of the examples, except that no secret is in it. */
export function writtenExamples(): WrittenExample[] {
  return Object.entries(COMMANDS).map(([name, [args]]) => {
    const command = parseCommandLine(['init', ...args.split(' ')], {});
    if (command.kind !== 'init' || command.storage === undefined) throw new Error(`${name} names no storage`);
    const { scenarios, host, redis, storage } = command;
    return { name, text: configurationText({ scenarios, host, redis, storage, secret: undefined }) };
  });
}

/** A table of these examples. */
export function exampleTable(): string {
  const rows = Object.entries(COMMANDS).map(([name, [args, purpose]]) => [
    `[${name}](${name})`,
    purpose,
    `\`stowage init ${args}\``,
  ]);
  return table([['file', 'for', 'written by'], ...rows]);
}
