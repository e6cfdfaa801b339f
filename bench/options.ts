import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CLIENT_ITEMS } from './client/items.ts';
import { ITEMS } from './items/index.ts';

/** How the benchmark is run. */
export interface BenchOptions {
  /** A smoke run: everything once, small and short. Its numbers mean nothing. */
  readonly quick: boolean;
  /** Measure memory instead of speed. */
  readonly memory: boolean;
  /** Measure only the cost of wrappers on top of a driver. */
  readonly wrappers: boolean;
  /** Measure only the cost of coordination through Redis for one instance. */
  readonly sharing: boolean;
  /** Measure only the gain of a second worker. */
  readonly scaling: boolean;
  /** Measure only the client, in comparison with skopeo and crane. */
  readonly client: boolean;
  /** The URL of another registry to run against, which must allow anonymous pushes. */
  readonly against: string | undefined;
  /** Compare only with an earlier build of Stowage: the path of its program. */
  readonly before: string | undefined;
  readonly rounds: number;
  /**
   * Only items whose id contains one of these words; the same applies to `start`, `memory`, `slow-downloads` and `far`.
   */
  readonly only: readonly string[];
  /** Only contenders whose name contains one of these. */
  readonly contenders: readonly string[];
  /** Folder for the roots of the registries. */
  readonly folder: string | undefined;
  /** Whether to write `bench/RESULTS.md`, the chart, and the table in the README. */
  readonly write: boolean;
}

export const USAGE = `Usage: npm run bench -- [options]

  --quick          everything once, small and short: shows that it works; its figures mean nothing
  --memory         peak memory of large and of slow transfers instead of speed
  --wrappers       what the guard and the wrappers of middleware.storage cost on top of a driver, without HTTP
  --sharing        what locks, tokens and caches in Redis cost one instance
  --scaling        what a second worker adds if each has the same part of a core (Linux, root)
  --client         pushes, pulls and lists of tags by the client, skopeo and crane against one registry (Linux; about 2 GB
                   of files for each round)
  --against <url>  also run against this registry, which must allow anonymous pushes
  --before <file>  compare with an earlier build of Stowage, round by round; <file> is its program (dist/cli/bin.js)
  --rounds <n>     the number of rounds for each item and registry; medians are reported (default 3)
  --only <ids>     items whose id contains one of these words, separated by commas; also start, memory, slow-downloads
                   and far (the emulated Cloud Storage); such a run writes no page
  --contenders <n> those whose name contains one of these words, separated by commas, of stowage-1, stowage-auto,
                   distribution, docker-registry, nginx; such a run writes no page
  --folder <path>  where the registries keep their files (default: a temporary folder)
  --no-write       leave bench/RESULTS.md, bench/results.svg and the table in README.md as they are

Ids: ${ITEMS.map(({ id }) => id).join(', ')}
Ids with --client: ${CLIENT_ITEMS.map(({ id }) => id).join(', ')}
`;

/** @throws TypeError for unknown options and invalid values */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quick: { type: 'boolean', default: false },
      memory: { type: 'boolean', default: false },
      wrappers: { type: 'boolean', default: false },
      sharing: { type: 'boolean', default: false },
      scaling: { type: 'boolean', default: false },
      client: { type: 'boolean', default: false },
      against: { type: 'string' },
      before: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string', default: '' },
      contenders: { type: 'string', default: '' },
      folder: { type: 'string' },
      write: { type: 'boolean', default: true },
    },
  });
  if (values.help) return 'help';
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new TypeError('--rounds must be a whole number of at least 1');
  if (values.against !== undefined && !URL.canParse(values.against)) throw new TypeError('--against must be a URL');
  return {
    quick: values.quick,
    memory: values.memory,
    wrappers: values.wrappers,
    sharing: values.sharing,
    scaling: values.scaling,
    client: values.client,
    against: values.against?.replace(/\/+$/, ''),
    before: values.before === undefined ? undefined : resolve(values.before),
    rounds,
    only: wordsIn(values.only),
    contenders: wordsIn(values.contenders),
    folder: values.folder,
    // Partial results must not replace complete ones.
    write: values.write && !values.quick && values.only === '' && values.contenders === '',
  };
}

function wordsIn(list: string): string[] {
  return list.split(',').filter((word) => word !== '');
}
