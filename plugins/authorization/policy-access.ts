import { RegistryError, UnauthorizedError } from '../../core/model/errors.ts';
import type { Access, AccessController, AccessRequest, Grant } from '../../core/ports/access-controller.ts';
import type { Policy, PolicyDecision, PolicySubject } from './policy.ts';
import type { PolicyAction, PolicyRule } from './policy-rule.ts';

/** The dependencies of {@link PolicyAccess}. */
export interface PolicyAccessDependencies {
  /** Authenticates the client; what it rejects is rejected. */
  readonly controller: AccessController;
  /** The current policy, which a reload replaces; `undefined` if there is none. */
  readonly policy: () => Policy | undefined;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Grants what both the access controller and the policy allow. A client without credentials is anonymous if the policy
 * allows the request, and otherwise gets the challenge of the controller.
 */
export class PolicyAccess implements AccessController {
  readonly #dependencies: PolicyAccessDependencies;

  constructor(dependencies: PolicyAccessDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * @throws UnauthorizedError when other credentials, or any at all, could help
   * @throws RegistryError `DENIED` when the policy rejects an authenticated user
   */
  async authorize(request: AccessRequest, accesses: readonly Access[]): Promise<Grant> {
    const policy = this.#dependencies.policy();
    const { controller } = this.#dependencies;
    if (policy === undefined) return controller.authorize(request, accesses);
    if (request.authorization === undefined && controller.needsAuthorization === true && accesses.length > 0) {
      // Refusing the client first would cost as much as a third of the request.
      const anonymous = this.#subjectOf(undefined, request);
      if (accesses.every((access) => decide(policy, access, anonymous).isAllowed)) return grantOf(policy, anonymous);
    }
    let grant: Grant | undefined;
    let challenge: UnauthorizedError | undefined;
    try {
      grant = await controller.authorize(request, accesses);
    } catch (error) {
      // Wrong credentials are an error, not an anonymous client.
      if (!(error instanceof UnauthorizedError)) throw error;
      if (hasCredentials(request)) throw this.#withRule(error, policy, { request, accesses });
      challenge = error;
    }
    const subject = this.#subjectOf(grant, request);
    // Without accesses, a client asks whether it needs credentials. A client that gets no challenge never sends any.
    if (accesses.length === 0 && challenge !== undefined) throw challenge;
    for (const access of accesses) {
      const decision = decide(policy, access, subject);
      if (decision.isAllowed) continue;
      if (challenge !== undefined) throw challenge;
      throw new RegistryError(
        'DENIED',
        { ...access, reason: 'the policy does not allow this' },
        { cause: new PolicyRefusal(decision), refusal: { actor: grant?.actor, rule: ruleIn(decision) } },
      );
    }
    return grantOf(policy, subject, grant);
  }

  /** Adds to a rejection of a known client the rule by which the policy rejects it as well, if it does. */
  #withRule(
    error: UnauthorizedError,
    policy: Policy,
    { request, accesses }: { readonly request: AccessRequest; readonly accesses: readonly Access[] },
  ): UnauthorizedError {
    const { challenge, detail, cause, refusal } = error;
    if (refusal === undefined || refusal.rule !== undefined) return error;
    const subject = this.#subjectOf(refusal, request);
    const decision = accesses.map((access) => decide(policy, access, subject)).find(({ isAllowed }) => !isAllowed);
    if (decision === undefined) return error;
    return new UnauthorizedError(challenge, detail, { cause, refusal: { ...refusal, rule: ruleIn(decision) } });
  }

  #subjectOf(grant: Pick<Grant, 'actor'> | undefined, { address }: AccessRequest): PolicySubject {
    const { name, groups = [] } = grant?.actor ?? {};
    return { user: name, groups, address, nowMs: this.#dependencies.now() };
  }
}

/** What the policy allows a subject, within the grant of the controller; absent for an anonymous client. */
function grantOf(policy: Policy, subject: PolicySubject, grant?: Grant): Grant {
  const may = (name: string, action: PolicyAction): boolean =>
    policy.decide({ repository: name, action }, subject).isAllowed;
  return {
    actor: grant?.actor,
    allows: (access) => decide(policy, access, subject).isAllowed && grant?.allows?.(access) !== false,
    mayList: (name) => may(name, 'list') && grant?.mayList?.(name) !== false,
    mayOverwrite: (name) => may(name, 'overwrite') && grant?.mayOverwrite?.(name) !== false,
    ruleOf: (action, name) =>
      name === undefined
        ? (ruleWithoutName(policy, action, subject)?.name ?? NO_RULE)
        : ruleIn(policy.decide({ repository: name, action }, subject)),
  };
}

/** Clients of containers/image without a password send an empty one with an empty name. */
const NOBODY = 'Basic Og==';

function hasCredentials({ authorization }: AccessRequest): boolean {
  return authorization !== undefined && authorization !== NOBODY;
}

/** Why the policy rejected a request, for the log. */
export class PolicyRefusal extends Error {
  override readonly name = 'PolicyRefusal';
  readonly decision: PolicyDecision;

  constructor(decision: PolicyDecision) {
    super(decision.reason);
    this.decision = decision;
  }
}

/** What the audit log names where no rule allows something. */
const NO_RULE = 'no rule';

/** What belongs to no repository is administrated by administrators of everything. */
function ruleWithoutName(policy: Policy, action: PolicyAction, subject: PolicySubject): PolicyRule | undefined {
  return action === 'admin' ? policy.ruleEverywhere(action, subject) : policy.ruleAnywhere(action, subject);
}

function ruleIn({ rule }: PolicyDecision): string {
  return rule?.name ?? NO_RULE;
}

function decide(policy: Policy, access: Access, subject: PolicySubject): PolicyDecision {
  const { type, name, action } = access;
  if (type === 'registry' && name === 'catalog') {
    // Each name in the list is decided separately.
    const isAllowed = policy.mayAnywhere('list', subject);
    return { isAllowed, rule: undefined, reason: 'no rule allows listing anything' };
  }
  if (type === 'registry') {
    const isAllowed = policy.mayEverywhere('admin', subject);
    return { isAllowed, rule: undefined, reason: 'no rule makes this user an administrator of **' };
  }
  if (name === '*') {
    const isAllowed = policy.mayEverywhere(policyAction(action), subject);
    return { isAllowed, rule: undefined, reason: 'no rule makes this user an administrator of **' };
  }
  return policy.decide({ repository: name, action: policyAction(action) }, subject);
}

function policyAction(action: Access['action']): PolicyAction {
  return action === '*' ? 'admin' : action;
}
