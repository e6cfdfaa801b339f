import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { ACCESS_CONTROLLER, BindingModule } from '../../../core/di.ts';
import { abortable, OptionsError, type PluginContext } from '../../../core/driver/index.ts';
import { errorMessage } from '../../loading/error-message.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../../plugin.ts';
import { CredentialAccess } from '../credentials/credential-access.ts';
import { parseCertificates } from '../token/certificate-chain.ts';
import { DEFAULT_ALGORITHMS } from '../token/signing-algorithms.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { OidcIssuer } from './oidc-issuer.ts';
import { type IssuerOptions, OidcOptions, prefixOfGroups } from './oidc-options.ts';
import { OidcVerifier } from './oidc-verifier.ts';

/** `auth: {oidc: {realm, issuers: […]}}`. */
export default definePlugin({
  kind: 'access-controller',
  name: 'oidc',
  contract: PLUGIN_CONTRACT,
  options: OidcOptions,
  module: async (options, context) => {
    const verifiers = [await oidcVerifier(options, context)];
    const access = new CredentialAccess({ realm: options.realm, verifiers });
    return new BindingModule(({ bind }) => void bind(ACCESS_CONTROLLER).toConstantValue(access));
  },
});

/**
 * Verifies the tokens of the issuers. Their discovery documents are fetched in advance; one that cannot be fetched is
 * reported, and its users cannot log in until it can.
 * @throws OptionsError that says which file of authorities cannot be used
 */
async function oidcVerifier({ issuers }: z.output<typeof OidcOptions>, context: PluginContext): Promise<OidcVerifier> {
  const prefixes = {
    users: issuers.map(({ user }) => user.prefix),
    groups: issuers.flatMap((issuer) => prefixOfGroups(issuer) ?? []),
  };
  const now = Date.now;
  const opened = await Promise.all(
    issuers.map(async (options, index) => {
      const keys = await keysOf(options, { ...context, index });
      const { issuer, audience, required_claims, user, groups, leeway, personaltokens } = options;
      const algorithms = options.signingalgorithms ?? DEFAULT_ALGORITHMS;
      const settings = {
        issuer,
        audiences: audience,
        algorithms,
        leewayMs: leeway,
        required: required_claims,
        user,
        groups,
        personalTokens: personaltokens,
      };
      const groupsOfOthers = new Set(issuers.flatMap((other) => (isApart(options, other) ? fixedGroups(other) : [])));
      return { keys, issuer: new OidcIssuer(settings, { keys, prefixes: { ...prefixes, groupsOfOthers }, now }) };
    }),
  );
  await abortable(Promise.all(opened.map(({ keys }) => keys.prepare())), context.signal);
  return new OidcVerifier(opened.map(({ issuer }) => issuer));
}

/** Whether two issuers are different ones that do not share their names. */
function isApart(one: IssuerOptions, other: IssuerOptions): boolean {
  return one !== other && !(one.sharednames && other.sharednames);
}

function fixedGroups({ groups }: IssuerOptions): readonly string[] {
  return 'fixed' in groups ? groups.fixed : [];
}

async function keysOf(
  { issuer, jwksurl, signingalgorithms, certificateauthority }: IssuerOptions,
  { baseFolder, warn, index }: PluginContext & { readonly index: number },
): Promise<IssuerKeys> {
  // It is read for each fetch, so that another certificate needs no restart.
  const authorities =
    certificateauthority === undefined ? undefined : () => readAuthorities(resolve(baseFolder, certificateauthority));
  await authorities?.().catch((error: unknown) => {
    throw new OptionsError([{ path: ['issuers', index, 'certificateauthority'], message: errorMessage(error) }]);
  });
  const asksForAlgorithms = signingalgorithms === undefined;
  const clock = { warn, now: Date.now };
  return new IssuerKeys({ ...clock, issuer, keysUrl: jwksurl, asksForAlgorithms, ...(authorities && { authorities }) });
}

async function readAuthorities(path: string): Promise<string> {
  try {
    const pem = await readFile(path, 'utf8');
    parseCertificates(pem);
    return pem;
  } catch (cause) {
    throw new Error(`the file of authorities ${path} cannot be used: ${errorMessage(cause)}`, { cause });
  }
}
