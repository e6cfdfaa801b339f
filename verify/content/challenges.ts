import { type Challenge, parseChallenges } from '../../client/auth/challenge.ts';
import type { Answer } from '../bench/answer.ts';
import type { Bench } from '../bench/bench.ts';
import { manifestPath, PING, uploadsPath } from '../bench/paths.ts';
import { expectHeader, expectThat } from '../expect.ts';
import { SkippedCheck } from '../verdicts.ts';
import { randomTag } from './content.ts';
import { ACCEPT } from './manifests.ts';

/** @throws SkippedCheck when a request without credentials was not rejected */
function requireRefusal(answer: Answer, what: string): Answer {
  if (answer.status !== 401) throw new SkippedCheck(`the registry lets anybody ${what}: it answers ${answer.status}`);
  return answer;
}

/** A rejected ping without credentials. @throws SkippedCheck */
export async function refusedPing(bench: Bench): Promise<Answer> {
  return requireRefusal(await bench.get(PING, { isAnonymous: true }), 'in');
}

/** A rejected pull without credentials. @throws SkippedCheck */
export async function refusedPull(bench: Bench, method: 'GET' | 'HEAD' = 'GET'): Promise<Answer> {
  const request = { headers: ACCEPT, isAnonymous: true };
  return requireRefusal(await bench.send(method, manifestPath(bench.repository, randomTag()), request), 'pull');
}

/** A rejected push without credentials. @throws SkippedCheck */
export async function refusedPush(bench: Bench): Promise<Answer> {
  return requireRefusal(await bench.post(uploadsPath(bench.repository), { isAnonymous: true }), 'push');
}

/** A challenge of the answer that clients support. @throws CheckFailure when there is none */
export function expectChallenge(answer: Answer): Challenge {
  const [challenge] = parseChallenges([expectHeader(answer, 'www-authenticate')]);
  expectThat(answer, challenge !== undefined, 'WWW-Authenticate has no Basic or Bearer challenge');
  return challenge;
}
