import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from '@node-rs/bcrypt';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../drivers/temp-root.ts';
import { secretOf } from '../secrets/known-secrets.ts';
import { checkForSecrets } from '../secrets/watched-output.ts';
import type { Ask } from './http-request.ts';
import { type Registry, type RegistryOptions, withRegistry } from './with-registry.ts';

/** A line of an audit log. */
export type AuditLine = Readonly<Record<string, unknown>>;

/** A registry with an audit log. */
export interface AuditedRegistry {
  readonly registry: Registry;
  readonly file: string;
  /** Stops the registry, and returns everything that it has recorded. */
  readonly recorded: () => Promise<AuditLine[]>;
}

/** What differs from a registry that records every event in a file. */
export interface AuditedOptions extends RegistryOptions {
  readonly audit?: Readonly<Record<string, unknown>>;
}

/** Starts a registry with an audit log; it is stopped when the test ends. */
export async function withAudit(t: ExecutionContext, options: AuditedOptions = {}): Promise<AuditedRegistry> {
  const { audit, others, ...rest } = options;
  const folder = options.folder ?? (await tempRoot(t));
  const file = join(folder, 'audit.log');
  const log = { level: 'error', formatter: 'json', accesslog: { disabled: true } };
  const registry = await withRegistry(t, {
    ...rest,
    folder,
    others: { log: { ...log, audit: { file: 'audit.log', events: ['all'], ...audit } }, ...others },
  });
  const recorded = async (): Promise<AuditLine[]> => {
    await registry.stop();
    return auditLines(file);
  };
  return { registry, file, recorded };
}

/** The lines of an audit log; none while it does not exist. */
export async function auditLines(file: string): Promise<AuditLine[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  checkForSecrets(file, text);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditLine);
}

/** Some fields of records, without those that a record lacks: for one comparison of what matters. */
export function fieldsOf(lines: readonly AuditLine[], ...names: string[]): AuditLine[] {
  return lines.map((line) =>
    Object.fromEntries(names.filter((name) => line[name] !== undefined).map((name) => [name, line[name]])),
  );
}

/** The section `auth` for these users, whose passwords begin with their names, with its file in the folder. */
export async function usersIn(folder: string, ...names: string[]): Promise<Readonly<Record<string, unknown>>> {
  const lines = await Promise.all(names.map(async (name) => `${name}:${await hash(passwordOf(name), 4)}`));
  await writeFile(join(folder, 'htpasswd'), `${lines.join('\n')}\n`);
  return { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } };
}

/** The headers of a user of {@link usersIn}. */
export function as(user: string, password = passwordOf(user)): NonNullable<Ask['headers']> {
  secretOf(user, password);
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

export function passwordOf(user: string): string {
  return `the password of ${user}`;
}
