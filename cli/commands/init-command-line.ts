import { isIP } from 'node:net';
import { didYouMean } from '../../plugins/loading/suggest.ts';
import { parseArguments } from '../parse-arguments.ts';
import { UsageError } from '../usage-error.ts';

/** What a configuration can be written for; several go together, but `local` stands alone. */
export const SCENARIOS = ['local', 'tls', 'htpasswd', 'cluster'] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** `stowage init`: writes a configuration. */
export interface InitCommand {
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

/** The part of the usage that is about it. */
export const INIT_USAGE = `
  init <scenario> [folder]   write a config.yml with comments into the folder, or here, and say what to do next;
                             overwrites nothing. Scenarios: local (this machine, no passwords), tls, htpasswd, cluster;
                             several with commas, such as tls,htpasswd
      --host <name>          under which clients reach the registry; without it, only this machine does
      --storage <folder>     where content is kept; without it, in registry-data beside config.yml
      --redis <host:port>    of a cluster`;

/** A DNS name or an IPv4 address: it becomes part of commands that are typed. */
const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i;
const ADDRESS = /^[a-z0-9.-]+:\d{1,5}$|^\[[0-9a-f:.]+\]:\d{1,5}$/i;

/**
 * Parses the arguments after `stowage init`.
 * @throws UsageError
 */
export function parseInitCommand(args: readonly string[]): InitCommand | { readonly kind: 'help' } {
  const { values, positionals } = parseArguments(args, {
    help: { type: 'boolean', short: 'h' },
    host: { type: 'string' },
    storage: { type: 'string' },
    redis: { type: 'string' },
  });
  if (values.help === true) return { kind: 'help' };
  const [list, folder = '.', extra] = positionals;
  if (extra !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(extra)}`);
  const scenarios = scenariosOf(list);
  const { host = 'localhost', storage, redis } = values;
  if (folder === '' || storage === '') throw new UsageError('the path of a folder is empty');
  if (!HOST.test(host) && isIP(host) === 0)
    throw new UsageError(`--host takes a name or an address, not ${JSON.stringify(host)}`);
  if (redis !== undefined && !ADDRESS.test(redis)) {
    throw new UsageError(`--redis takes host:port, not ${JSON.stringify(redis)}`);
  }
  if (redis !== undefined && !scenarios.has('cluster')) throw new UsageError('--redis is for the scenario cluster');
  if (values.host !== undefined && scenarios.has('local')) throw new UsageError('local takes no --host; say tls');
  return { kind: 'init', scenarios, folder, host, storage, redis };
}

function scenariosOf(list: string | undefined): ReadonlySet<Scenario> {
  if (list === undefined) throw new UsageError(`no scenario; there are ${SCENARIOS.join(', ')}`);
  const scenarios = new Set(list.split(',').map(scenarioOf));
  if (scenarios.has('local') && scenarios.size > 1) {
    throw new UsageError('local goes with no other scenario: it is for this machine, without passwords');
  }
  return scenarios;
}

function scenarioOf(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario === name);
  if (found !== undefined) return found;
  const hint = didYouMean(name, SCENARIOS);
  throw new UsageError(`unknown scenario ${JSON.stringify(name)}${hint} (there are ${SCENARIOS.join(', ')})`);
}
