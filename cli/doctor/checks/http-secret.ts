import { type DoctorCheck, type DoctorFinding, failure, note, ok, warning } from '../check.ts';

/** As long as the key of the digest that it is used for. */
const GOOD_LENGTH = 32;
const GENERATE = 'generate one with: openssl rand -hex 32';

/** Those of examples and guides, which others try first. */
const WELL_KNOWN: ReadonlySet<string> = new Set([
  'asecretforlocaldevelopment',
  'placeholder',
  'changeme',
  'change-me',
  'secret',
  'secretsecret',
  'mysecret',
  'password',
  'randomstring',
  'replaceme',
  'registry',
]);

/** Signs the state of uploads, and the tokens of the token server unless keys are configured. */
export const httpSecret: DoctorCheck = {
  name: 'http-secret',
  proves: 'http.secret is set, long enough, and not one that everybody knows',
  run: async ({ configured: { configuration } }) => {
    const { http, redis } = configuration;
    const found = http.secrets.flatMap(weakness);
    if (http.secrets.length > 0) return found.length > 0 ? found : [ok('http.secret is set and long enough')];
    if (http.tokenProvider === 'redis') return [note('there is no http.secret; Redis keeps the state of uploads')];
    // Redis is configured for several instances.
    if (redis !== undefined) {
      return [failure('there is no http.secret, so that no instance accepts an upload of another one', GENERATE)];
    }
    return [warning('there is no http.secret, so that a restart ends all uploads', GENERATE)];
  },
};

function weakness(secret: string, index: number): DoctorFinding[] {
  const key = index === 0 ? 'http.secret' : `http.secrets[${index - 1}]`;
  if (WELL_KNOWN.has(secret.toLowerCase())) return [failure(`${key} is one of the secrets that guides show`, GENERATE)];
  if (secret.length >= GOOD_LENGTH) return [];
  return [warning(`${key} has ${secret.length} characters, and can be guessed; ${GOOD_LENGTH} are enough`, GENERATE)];
}
