import type { StorageDriver } from '../../core/driver/index.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { ExtensionRoute } from '../../core/ports/route-extension.ts';
import { CredentialAccess } from '../../plugins/auth/credentials/credential-access.ts';
import { AccessTokenStore } from '../../plugins/auth/personal/access-token-store.ts';
import { AccessTokenVerifier } from '../../plugins/auth/personal/access-token-verifier.ts';
import { KnownAccessTokens } from '../../plugins/auth/personal/known-access-tokens.ts';
import { TokenManagement } from '../../plugins/auth/personal/token-management.ts';
import { tokenRoutes } from '../../plugins/auth/personal/token-routes.ts';
import { TokenUses } from '../../plugins/auth/personal/token-uses.ts';
import type { Coordination } from '../../plugins/coordination/coordination.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { unrecordable } from '../routes/steps/require-audit.ts';
import { reportRefusedLogIn } from './report-refused-log-in.ts';

/** What personal access tokens need. */
export interface PersonalTokensDependencies {
  /** A reload changes them. */
  readonly settings: HttpSettings;
  readonly driver: StorageDriver;
  readonly coordination: Coordination;
  readonly audit: Pick<AuditLog, 'allowsChanges'>;
  readonly log: Logger;
}

/** Access with personal access tokens. */
export interface OpenedPersonalTokens {
  /** Accepts them in addition to the other credentials. */
  readonly controller: CredentialAccess;
  /** Manage them. */
  readonly routes: readonly ExtensionRoute[];
}

/** Adds personal access tokens to the credentials of an access controller. */
export function openPersonalTokens(
  access: CredentialAccess,
  { settings, driver, coordination, audit, log }: PersonalTokensDependencies,
  stack: AsyncDisposableStack,
): OpenedPersonalTokens {
  const now = Date.now;
  const { verifiers: origins } = access.options;
  const isReadOnly = (): boolean => settings.readOnly || settings.storageReadOnly;
  const store = new AccessTokenStore(driver);
  const known = new KnownAccessTokens({ store, broadcast: coordination.broadcast });
  const uses = stack.use(
    new TokenUses(store, {
      ...{ isReadOnly, now },
      reportFailure: (err) => log.warn({ err }, 'the use of personal access tokens could not be stored'),
    }),
  );
  const verifier = new AccessTokenVerifier({ tokens: known, uses, origins, now });
  const controller = new CredentialAccess({ ...access.options, verifiers: [verifier, ...origins] });
  const management = new TokenManagement(
    { store, known, locks: coordination.locks, log },
    {
      ...{ origins, isReadOnly, now },
      isStorageReadOnly: () => settings.storageReadOnly,
      requireRecord: () => {
        if (!audit.allowsChanges()) throw unrecordable();
      },
      isAdministrator: ({ identity: { actor }, address }) => {
        const subject = { user: actor.name, groups: actor.groups ?? [], address, nowMs: now() };
        return settings.policy?.mayEverywhere('admin', subject) === true;
      },
    },
  );
  const reportFailure = reportRefusedLogIn(log);
  return { controller, routes: tokenRoutes({ management, controller, reportFailure, now }) };
}
