import { askHead } from '../ask-head.ts';
import { type DoctorCheck, type DoctorFinding, failure } from '../check.ts';
import { driftOf } from '../clock-drift.ts';
import { Skipped } from '../skipped.ts';

/** Options of access controllers that name a server whose tokens count. */
const URL_OPTIONS = ['realm', 'issuer'];

/** Tokens say from when and until when they are valid. */
export const issuerClocks: DoctorCheck = {
  name: 'issuer-clocks',
  proves: 'the clocks of token servers and issuers agree with the one of this machine',
  run: async ({ configured }) => {
    const origins = new Set(configured.configuration.auth.flatMap(({ options }) => [...originsIn(options)]));
    if (origins.size === 0) throw new Skipped('no token server and no issuer is configured');
    return Promise.all([...origins].map(compare));
  },
};

async function compare(origin: string): Promise<DoctorFinding> {
  try {
    const { headers, beganAt, endedAt } = await askHead(new URL(origin));
    return driftOf(origin, { beganAt, endedAt, at: Date.parse(headers.date ?? '') });
  } catch (error) {
    return failure(`${origin} does not answer: ${(error as Error).message}`, 'nobody can log in with its tokens');
  }
}

function* originsIn(options: unknown): Generator<string, void, undefined> {
  if (typeof options !== 'object' || options === null) return;
  for (const [key, value] of Object.entries(options)) {
    if (typeof value !== 'string') yield* originsIn(value);
    else if (URL_OPTIONS.includes(key) && /^https?:\/\//.test(value) && URL.canParse(value))
      yield new URL(value).origin;
  }
}
