import { parseArguments } from '../parse-arguments.ts';
import { UsageError } from '../usage-error.ts';

/** `stowage driver test`: proves a storage driver with the test kit. */
export interface DriverTestCommand {
  readonly kind: 'driver-test';
  /** A built-in name, a package, or a path, as under `storage:` in the configuration. */
  readonly spec: string;
  /** JSON, or the path of a file of JSON or YAML; none when `undefined`. */
  readonly options: string | undefined;
  /** Names of groups; not yet compared with those that there are. */
  readonly groups: readonly string[] | undefined;
  readonly large: boolean;
  /** Where to write the report. */
  readonly report: string | undefined;
}

/** `stowage driver new`: writes the package of a new storage driver. */
export interface DriverNewCommand {
  readonly kind: 'driver-new';
  readonly name: string;
  readonly folder: string | undefined;
}

/** The part of the usage that is about drivers. */
export const DRIVER_USAGE = `
  driver test <driver>       prove a storage driver with the test kit; <driver> is what stands under storage: in YAML
      --options <options>    its options as JSON, or a file of JSON or YAML; {temp} in them becomes a new folder
      --group <a,b>          only these groups of cases
      --large                also those that write gigabytes
      --report <file>        write the results as JSON
  driver new <name> [folder] write the package of a new storage driver, with tests that pass`;

/**
 * Parses the arguments after `stowage driver`.
 * @throws UsageError
 */
export function parseDriverCommand(args: readonly string[]): DriverTestCommand | DriverNewCommand | { kind: 'help' } {
  const { values, positionals } = parseArguments(args, {
    help: { type: 'boolean', short: 'h' },
    options: { type: 'string' },
    group: { type: 'string', multiple: true },
    large: { type: 'boolean' },
    report: { type: 'string' },
  });
  if (values.help === true) return { kind: 'help' };
  const [action, subject, folder, extra] = positionals;
  const surplus = action === 'test' ? folder : extra;
  if (surplus !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(surplus)}`);
  switch (action) {
    case 'test':
      if (subject === undefined) throw new UsageError('no driver; give its name, its package or its path');
      return { kind: 'driver-test', spec: subject, ...testOptions(values) };
    case 'new': {
      const [option] = Object.keys(values);
      if (option !== undefined) throw new UsageError(`"driver new" takes no --${option}`);
      if (subject === undefined) throw new UsageError('no name for the driver');
      return { kind: 'driver-new', name: subject, folder };
    }
    case undefined:
      throw new UsageError('a command is missing after "driver": test or new');
    default:
      throw new UsageError(`unknown command "driver ${action}", expected "driver test" or "driver new"`);
  }
}

interface Values {
  readonly help?: boolean;
  readonly options?: string;
  readonly group?: string[];
  readonly large?: boolean;
  readonly report?: string;
}

function testOptions({ options, group, large = false, report }: Values): Omit<DriverTestCommand, 'kind' | 'spec'> {
  return { options, groups: group?.flatMap((names) => names.split(',')), large, report };
}
