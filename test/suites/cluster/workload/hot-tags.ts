import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, ask, type Target } from '../../../helpers/http/http-request.ts';
import { digestOf, OCI_MANIFEST } from '../../../helpers/http/with-registry.ts';
import { TRIED_HEADER } from '../harness/balancer.ts';
import type { History, Value } from '../linearizability/history.ts';
import type { CarefulClient } from './careful-client.ts';
import { manifestOf } from './image.ts';

/** Tags that all clients write and read at the same time. */
export interface HotTags {
  readonly target: Target;
  readonly repository: string;
  readonly tags: readonly string[];
  readonly history: History;
  /** How long a client waits at most between two requests, in milliseconds. */
  readonly maxPauseMs: number;
}

/** Writes and reads hot tags until `isOver`, and records the results. */
export async function useHotTags(
  hot: HotTags,
  { client, by, isOver }: { client: CarefulClient; by: string; isOver: () => boolean },
): Promise<void> {
  for (let number = 0; !isOver(); number += 1) {
    const tag = client.random.pick(hot.tags);
    await delay(client.random.below(hot.maxPauseMs));
    if (client.random.chance(0.05)) await deleteTag(hot, { tag, by });
    else if (client.random.chance(0.3)) await writeTag(hot, { client, by, tag, number });
    else await readTag(hot, { tag, by, method: client.random.pick(['GET', 'HEAD']) });
  }
}

async function writeTag(
  { target, repository, history }: HotTags,
  { client, by, tag, number }: { client: CarefulClient; by: string; tag: string; number: number },
): Promise<void> {
  const body = manifestOf([], { repository, tag, by, number: String(number) });
  const digest = digestOf(body);
  const sent = await history.write(tag, { value: digest, by }, async () => {
    const headers = { 'Content-Type': OCI_MANIFEST };
    const answer = await answerOf(() => ask(target, 'PUT', `/v2/${repository}/manifests/${tag}`, { body, headers }));
    if (answer !== undefined && answer.status < 500 && answer.status !== 201)
      throw new Error(`PUT ${tag}: ${answer.status} ${answer.text}`);
    const isAcknowledged = answer?.status === 201;
    return { isAcknowledged, unanswered: triesOf(answer) - (isAcknowledged ? 1 : 0) };
  });
  if (!sent.isAcknowledged) {
    client.ledger.retry('PUT of a hot tag without outcome');
    return;
  }
  client.ledger.manifests.push({ repository, digest, bytes: body });
}

async function deleteTag({ target, repository, history }: HotTags, { tag, by }: { tag: string; by: string }) {
  await history.write(tag, { value: undefined, by }, async () => {
    const answer = await answerOf(() => ask(target, 'DELETE', `/v2/${repository}/manifests/${tag}`));
    if (answer !== undefined && answer.status < 500 && ![202, 404].includes(answer.status))
      throw new Error(`DELETE ${tag}: ${answer.status} ${answer.text}`);
    const isAcknowledged = answer?.status === 202;
    const others = triesOf(answer) - 1;
    // Where an instance was asked before, it may have been that one that has deleted it.
    if (answer?.status === 404) return { isAcknowledged, unanswered: others, found: { value: undefined } };
    return { isAcknowledged, unanswered: isAcknowledged ? others : others + 1 };
  });
}

/** Reads a tag and records it; rejects if the content does not match its digest. */
export async function readTag(
  { target, repository, history }: HotTags,
  { tag, by, method }: { tag: string; by: string; method: 'GET' | 'HEAD' },
): Promise<Value> {
  return await history.read(tag, by, async () => {
    const headers = { Accept: OCI_MANIFEST };
    const answer = await answerOf(() => ask(target, method, `/v2/${repository}/manifests/${tag}`, { headers }));
    if (answer === undefined || answer.status >= 500 || answer.status === 429) return undefined;
    if (answer.status === 404) return { value: undefined };
    const digest = String(answer.headers['docker-content-digest']);
    if (method === 'GET' && digestOf(answer.body) !== digest) throw new Error(`${tag}: ${digest} is ${answer.text}`);
    return { value: digest };
  });
}

/** The known number of instances that the balancer has sent a request to. */
function triesOf(answer: Answer | undefined): number {
  return String(answer?.headers[TRIED_HEADER] ?? '').split(',').length;
}

async function answerOf(send: () => Promise<Answer>): Promise<Answer | undefined> {
  return await send().catch(() => undefined);
}
