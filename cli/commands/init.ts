import { isIP } from 'node:net';
import { didYouMean } from '../../plugins/loading/suggest.ts';
import { defineCommand } from '../command.ts';
import type { InitRequest } from '../init/init-text.ts';
import { SCENARIOS, type Scenario } from '../scenarios.ts';
import { UsageError } from '../usage-error.ts';

/** A DNS name or an IPv4 address: it becomes part of commands that are typed. */
const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i;
const ADDRESS = /^[a-z0-9.-]+:\d{1,5}$|^\[[0-9a-f:.]+\]:\d{1,5}$/i;

export const init = defineCommand({
  name: 'init',
  group: 'registry',
  summary: 'write a config.yml with comments, and say what to do next; overwrites nothing',
  arguments: {
    scenario: {
      description:
        'local (this machine, no passwords), tls, htpasswd, cluster; several with commas, such as tls,htpasswd',
      missing: `no scenario; there are ${SCENARIOS.join(', ')}`,
      completes: SCENARIOS,
    },
    folder: { description: 'where it is written; without it, here', presence: 'optional', completes: 'folder' },
  },
  options: {
    host: {
      type: 'string',
      value: 'name',
      description: 'under which clients reach the registry; without it, only this machine does',
      completes: 'none',
    },
    storage: {
      type: 'string',
      value: 'folder',
      description: 'where content is kept; without it, in registry-data beside config.yml',
      completes: 'folder',
    },
    redis: { type: 'string', value: 'host:port', description: 'of a cluster', completes: 'none' },
  },
  parse: ({ values, args: { scenario, folder = '.' } }): InitRequest => {
    const scenarios = scenariosOf(scenario);
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
  },
  load: () => import('../init/write-configuration.ts'),
});

function scenariosOf(list: string): ReadonlySet<Scenario> {
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
