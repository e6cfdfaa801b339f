import { readFile } from 'node:fs/promises';
import type { ConfiguredCommand } from '../choose-file.ts';
import { ClientFailure } from '../client/client-failure.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { UsageError } from '../usage-error.ts';
import { type Expectation, parseExpectations } from './expectations.ts';
import { loadPolicy } from './load-policy.ts';

/** `stowage policy test`: compares the decisions of a policy with a table of expectations. */
export interface PolicyTestRequest extends ConfiguredCommand {
  readonly kind: 'policy-test';
  /** The file with the table. */
  readonly file: string;
}

/**
 * Prints each expectation that does not hold, and how many hold.
 * @returns 1 if any does not hold
 * @throws UsageError for a malformed table; ClientFailure with exit code 4 if the file does not exist
 */
export async function run(request: PolicyTestRequest, program: Program): Promise<ExitCode> {
  const expectations = await readExpectations(request.file);
  const policy = await loadPolicy(request, program);
  let failed = 0;
  for (const expectation of expectations) {
    const { subject, repository, action, isAllowed, rule } = expectation;
    const decision = policy.decide({ repository, action }, subject);
    const isRule = rule === undefined || rule === decision.rule?.name;
    if (decision.isAllowed === isAllowed && isRule) continue;
    failed += 1;
    program.print(failureLine(expectation, decision.reason));
  }
  program.print(`${expectations.length - failed} of ${expectations.length} expectations hold\n`);
  return failed === 0 ? 0 : 1;
}

async function readExpectations(file: string): Promise<readonly Expectation[]> {
  try {
    return parseExpectations(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new ClientFailure(`${file} does not exist`, 4);
    }
    throw error;
  }
}

function failureLine({ place, subject, repository, action, isAllowed, rule }: Expectation, reason: string): string {
  const who = subject.user === undefined ? 'an anonymous client' : printable(subject.user);
  const by = rule === undefined ? '' : ` by ${printable(rule)}`;
  const verb = isAllowed ? 'may' : 'may not';
  return `${place}: expected that ${who} ${verb} ${action} ${printable(repository)}${by}, but ${printable(reason)}\n`;
}
