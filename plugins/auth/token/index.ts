import { resolve } from 'node:path';
import { z } from 'zod';
import { ACCESS_CONTROLLER, BindingModule } from '../../../core/di.ts';
import type { PluginContext } from '../../../core/driver/index.ts';
import { definePlugin, PLUGIN_CONTRACT } from '../../plugin.ts';
import { HeaderText } from '../challenge.ts';
import { KeySetUrl } from '../key-set-url.ts';
import { Leeway } from '../leeway.ts';
import { KeyFiles } from './key-files.ts';
import { RemoteKeys } from './remote-keys.ts';
import { DEFAULT_ALGORITHMS, SIGNING_ALGORITHMS } from './signing-algorithms.ts';
import { TokenAccess } from './token-access.ts';
import { TokenVerifier } from './token-verifier.ts';
import { TrustedKeys } from './trusted-keys.ts';

const NO_REALM = 'must be the URL of the token server, such as https://auth.example.com/token';

const Path = z.string('must be the path of a file').min(1, 'must not be empty').meta({ public: true });

const TokenOptions = z
  .strictObject({
    /** The URL of the token server. */
    realm: HeaderText.refine(isHttpUrl, NO_REALM).optional().meta({ public: true }),
    /** The accepted issuers: one or several values of the claim `iss`. */
    issuer: z
      .union([HeaderText.transform((one) => [one]), z.array(HeaderText).min(1, 'must name an issuer')], {
        error: 'must be a string, or a list of strings; put numbers and words such as yes in quotes',
      })
      .meta({ public: true }),
    /** The name of this registry in the claim `aud` of its tokens. */
    service: HeaderText.meta({ public: true }),
    /** A PEM file: certificates whose keys sign tokens, or authorities that issue such certificates. */
    rootcertbundle: Path.optional(),
    /** A file with a JSON Web Key Set. */
    jwks: Path.optional(),
    /** The URL of a JSON Web Key Set. */
    jwksurl: KeySetUrl.optional(),
    signingalgorithms: z
      .array(z.enum(SIGNING_ALGORITHMS, { error: `must be one of ${SIGNING_ALGORITHMS.join(', ')}` }), 'must be a list')
      .min(1, 'must name an algorithm')
      .default([...DEFAULT_ALGORITHMS])
      .meta({ public: true }),
    /** Whether clients get tokens at a path of the host that they used. */
    autoredirect: z.boolean('must be true or false').default(false).meta({ public: true }),
    autoredirectpath: z
      .string('must be a path')
      .regex(/^\/[\w./~-]*$/, 'must be a path such as /auth/token')
      .default('/auth/token')
      .meta({ public: true }),
    /** The allowed difference between the clocks of the token server and the registry. */
    leeway: Leeway,
  })
  .superRefine(({ realm, autoredirect, rootcertbundle, jwks, jwksurl }, context) => {
    if (realm === undefined && !autoredirect) {
      context.addIssue({ code: 'custom', path: ['realm'], message: NO_REALM });
    }
    if (rootcertbundle === undefined && jwks === undefined && jwksurl === undefined) {
      const message = 'no key that signs tokens is known; name rootcertbundle, jwks or jwksurl';
      context.addIssue({ code: 'custom', message });
    }
  });

/** `auth: {token: {realm, issuer, service, rootcertbundle, …}}`. */
export default definePlugin({
  kind: 'access-controller',
  name: 'token',
  contract: PLUGIN_CONTRACT,
  options: TokenOptions,
  module: async (options, context) => {
    const access = await tokenAccess(options, context);
    return new BindingModule(({ bind }) => void bind(ACCESS_CONTROLLER).toConstantValue(access));
  },
});

async function tokenAccess(
  options: z.output<typeof TokenOptions>,
  { baseFolder, warn }: PluginContext,
): Promise<TokenAccess> {
  const { issuer, service, signingalgorithms, leeway, jwksurl, realm, autoredirect, autoredirectpath } = options;
  const path = (given: string | undefined): string | undefined =>
    given === undefined ? undefined : resolve(baseFolder, given);
  const paths = { rootcertbundle: path(options.rootcertbundle), jwks: path(options.jwks) };
  const isInFiles = paths.rootcertbundle !== undefined || paths.jwks !== undefined;
  const clock = { warn, now: Date.now };
  const files = isInFiles ? await KeyFiles.open(paths, clock) : undefined;
  const remote = jwksurl && new RemoteKeys(jwksurl, clock);
  const keys = new TrustedKeys({ files, remote }, clock.now);
  const verifier = new TokenVerifier(keys, {
    ...{ issuers: issuer, service, algorithms: signingalgorithms },
    ...{ leewayMs: leeway, now: clock.now },
  });
  return new TokenAccess(verifier, {
    service,
    realm: autoredirect ? undefined : realm,
    redirectPath: autoredirectpath,
  });
}

function isHttpUrl(text: string): boolean {
  return ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '');
}
