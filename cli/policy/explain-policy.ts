import type { PolicyDecision, PolicySubject } from '../../plugins/authorization/policy.ts';
import type { PolicyAction } from '../../plugins/authorization/policy-rule.ts';
import type { ConfiguredCommand } from '../choose-file.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { loadPolicy } from './load-policy.ts';

/** `stowage policy explain`: prints the decision of a policy, with the rule. */
export interface PolicyExplainRequest extends ConfiguredCommand {
  readonly kind: 'policy-explain';
  readonly subject: PolicySubject;
  readonly repository: string;
  readonly action: PolicyAction;
  readonly json: boolean;
}

/** @returns 5 if the policy refuses the action */
export async function run(request: PolicyExplainRequest, program: Program): Promise<ExitCode> {
  const policy = await loadPolicy(request, program);
  const decision = policy.decide(request, request.subject);
  program.print(request.json ? `${JSON.stringify(toJson(decision))}\n` : toText(request, decision));
  return decision.isAllowed ? 0 : 5;
}

function toJson({ isAllowed, rule, reason }: PolicyDecision): object {
  return { allowed: isAllowed, rule: rule?.name, reason };
}

function toText({ subject, repository, action }: PolicyExplainRequest, { isAllowed, reason }: PolicyDecision): string {
  const who = subject.user === undefined ? 'an anonymous client' : printable(subject.user);
  const verb = isAllowed ? 'may' : 'may not';
  return `${who} ${verb} ${action} ${printable(repository)}: ${printable(reason)}\n`;
}
