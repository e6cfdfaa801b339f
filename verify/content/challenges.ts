import { type Challenge, parseChallenges } from '../../client/auth/challenge.ts';
import type { Answer } from '../bench/answer.ts';
import type { Bench } from '../bench/bench.ts';
import { manifestPath, PING, uploadsPath } from '../bench/paths.ts';
import { expectHeader, expectThat } from '../expect.ts';
import { SkippedCheck } from '../verdicts.ts';
import { randomTag } from './content.ts';
import { ACCEPT } from './manifests.ts';

/** @throws SkippedCheck when a request without credentials was not refused */
function requireRefusal(answer: Answer, what: string): Answer {
  if (answer.status !== 401) throw new SkippedCheck(`the registry lets anybody ${what}: it answers ${answer.status}`);
  return answer;
}

/** A ping without credentials, which was refused. @throws SkippedCheck */
export async function refusedPing(bench: Bench): Promise<Answer> {
  return requireRefusal(await bench.get(PING, { isAnonymous: true }), 'in');
}

/** A pull without credentials, which was refused. @throws SkippedCheck */
export async function refusedPull(bench: Bench, method: 'GET' | 'HEAD' = 'GET'): Promise<Answer> {
  const request = { headers: ACCEPT, isAnonymous: true };
  return requireRefusal(await bench.send(method, manifestPath(bench.repository, randomTag()), request), 'pull');
}

/** A push without credentials, which was refused. @throws SkippedCheck */
export async function refusedPush(bench: Bench): Promise<Answer> {
  return requireRefusal(await bench.post(uploadsPath(bench.repository), { isAnonymous: true }), 'push');
}

/** The challenge of an answer that clients can answer. @throws CheckFailure when there is none */
export function expectChallenge(answer: Answer): Challenge {
  const [challenge] = parseChallenges([expectHeader(answer, 'www-authenticate')]);
  expectThat(answer, challenge !== undefined, 'WWW-Authenticate has no challenge of Basic or Bearer');
  return challenge;
}
