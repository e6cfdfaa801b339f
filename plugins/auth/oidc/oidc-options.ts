import { z } from 'zod';
import { HeaderText } from '../challenge.ts';
import { isConfidential } from '../confidential-url.ts';
import { KeySetUrl } from '../key-set-url.ts';
import { Leeway } from '../leeway.ts';
import { DEFAULT_ALGORITHMS, type SigningAlgorithm } from '../token/signing-algorithms.ts';
import { readGroups, readRequiredClaims, readUsername } from './claim-options.ts';
import { PUBLIC_ISSUERS } from './public-issuers.ts';
import { readOption, textsOf } from './read-option.ts';

const AUDIENCE = 'must be the name of this registry in the claim "aud", or a list of names';

const IssuerUrl = z.string('must be the URL of an issuer').transform((text, context) => {
  const url = URL.parse(text);
  if (url === null || !isConfidential(url)) {
    context.addIssue('must be an https URL, exactly as tokens have it in "iss"; http only on this machine');
    return z.NEVER;
  }
  if (/[?#\s]/.test(text) || url.username !== '' || url.password !== '') {
    context.addIssue('must have no query, no fragment and no credentials');
    return z.NEVER;
  }
  return text;
});

const Issuer = z
  .strictObject({
    /** The value of the claim `iss`, and where the discovery document is. */
    issuer: IssuerUrl,
    audience: readOption((value) => textsOf(value, AUDIENCE)),
    /** What tokens must have in addition: a pattern of each claim, or several of which one matches. */
    required_claims: readOption(readRequiredClaims),
    /** The name of the user; by default the issuer and the claim `sub`. */
    username: z.unknown().optional(),
    /** The groups of the user; by default none. */
    groups: readOption(readGroups),
    /** The URL of the keys, instead of the one in the discovery document. */
    jwksurl: KeySetUrl.optional(),
    /** A PEM file with the only trusted authorities of the provider. */
    certificateauthority: z
      .string('must be the path of a PEM file')
      .min(1, 'must not be empty')
      .optional()
      .meta({ public: true }),
    /** By default those of the discovery document. */
    signingalgorithms: z
      .array(
        z.enum(DEFAULT_ALGORITHMS as [SigningAlgorithm, ...SigningAlgorithm[]], {
          error: `must be one of ${DEFAULT_ALGORITHMS.join(', ')}`,
        }),
        'must be a list',
      )
      .min(1, 'must name an algorithm')
      .optional(),
    leeway: Leeway,
    /** Whether the names of its users and groups mean those of other issuers with the same names. */
    sharednames: z.boolean('must be true or false').default(false),
    /** Whether its users may create personal access tokens, which do not end when the provider removes their user. */
    personaltokens: z.boolean('must be true or false').default(false),
  })
  .transform(({ username, ...issuer }, context) => {
    const claim = PUBLIC_ISSUERS.get(issuer.issuer.replace(/\/$/, ''));
    if (claim !== undefined && issuer.required_claims.length === 0) {
      const message = `is missing; anybody can get a token of this issuer, so say whose tokens count, such as {${claim}}`;
      context.addIssue({ code: 'custom', path: ['required_claims'], message });
    }
    try {
      return { ...issuer, user: readUsername(username, issuer.issuer) };
    } catch (error) {
      context.addIssue({ code: 'custom', path: ['username'], message: (error as Error).message });
      return z.NEVER;
    }
  });

/** The options of an issuer. */
export type IssuerOptions = z.output<typeof Issuer>;

/** `auth: {oidc: {realm, issuers: […]}}`. */
export const OidcOptions = z.strictObject({
  realm: HeaderText.default('Registry').meta({ public: true }),
  issuers: z
    .array(Issuer, 'must be a list of issuers')
    .min(1, 'must name an issuer')
    .superRefine((issuers, context) => {
      for (const { index, key, message } of issuers.flatMap((_issuer, at) => clashesOf(issuers, at))) {
        context.addIssue({ code: 'custom', path: [index, key], message });
      }
    })
    .meta({ public: true }),
});

interface Clash {
  readonly index: number;
  readonly key: string;
  readonly message: string;
}

/** In what an issuer cannot be told apart from one before it. */
function clashesOf(issuers: readonly IssuerOptions[], index: number): readonly Clash[] {
  const issuer = issuers[index];
  if (issuer === undefined) return [];
  const remedy = 'put a text of its own before them, or set sharednames on both';
  return issuers.slice(0, index).flatMap((other, at): readonly Clash[] => {
    const earlier = `issuers[${at}]`;
    if (other.issuer === issuer.issuer) return [{ index, key: 'issuer', message: `is the same as that of ${earlier}` }];
    if (other.sharednames && issuer.sharednames) return [];
    const isSameGroup = prefixOfGroups(issuer) !== undefined && prefixOfGroups(issuer) === prefixOfGroups(other);
    return [
      ...(other.user.prefix === issuer.user.prefix
        ? [{ index, key: 'username', message: `can name the same users as that of ${earlier}; ${remedy}` }]
        : []),
      ...(isSameGroup
        ? [{ index, key: 'groups', message: `can name the same groups as that of ${earlier}; ${remedy}` }]
        : []),
    ];
  });
}

/** The text before the names of groups in a claim; `undefined` where there is no such claim. */
export function prefixOfGroups({ groups }: Pick<IssuerOptions, 'groups'>): string | undefined {
  return 'claim' in groups ? groups.prefix : undefined;
}
