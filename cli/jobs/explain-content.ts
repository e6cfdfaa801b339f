import type { Digest } from '../../core/digest/digest.ts';
import type { Chain, Explanation } from '../../core/registry/local/collection/explainer.ts';
import { openJobs } from '../../server/composition/open-jobs.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import { silentLog } from '../../server/jobs/silent-log.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { durationOf, timeOf } from './describe-run.ts';
import { requireStorage } from './require-storage.ts';
import { stopSignal } from './stop-signal.ts';

/** `stowage gc explain`: says why content stays or goes. */
export interface GcExplainRequest extends ConfiguredCommand {
  readonly kind: 'gc-explain';
  readonly digest: Digest;
}

/** Prints what keeps content, or that nothing does. Changes nothing. */
export async function run(request: GcExplainRequest, { env, print, complain }: Program): Promise<void> {
  const loaded = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  await requireStorage(loaded);
  await using open = await openJobs(loaded, { log: silentLog });
  using stopping = stopSignal();
  const explanation = await open.explainer.explain(request.digest, stopping.signal);
  const { graceMs, deletesUntagged } = loaded.configuration.storage.gc;
  print(`${describe(explanation, { graceMs, deletesUntagged, nowMs: Date.now() }).join('\n')}\n`);
}

interface Policy {
  readonly graceMs: number;
  readonly deletesUntagged: boolean;
  readonly nowMs: number;
}

function describe(explanation: Explanation, policy: Policy): string[] {
  const { content, chains, links, collections } = explanation;
  return [
    content === undefined
      ? 'not stored'
      : `stored: ${content.size} bytes, since ${timeOf(content.modifiedAt.getTime())}`,
    ...chains.map((chain) => describeChain(chain, policy)),
    ...links.map(({ name, modifiedAt }) => `a blob of ${name} since ${timeOf(modifiedAt.getTime())}`),
    ...collections.map(({ id, isKept }) => {
      const state = isKept
        ? 'a request relies on it, so this collection keeps it'
        : 'it may be removed after the grace';
      return `a candidate of collection ${id}: ${state}`;
    }),
    conclusion(explanation, policy),
  ];
}

function describeChain({ name, tags, manifests }: Chain, { deletesUntagged }: Policy): string {
  const way = manifests.map((digest) => ` → ${digest}`).join('');
  if (tags.length > 0) return `needed by ${name}: ${tags.map((tag) => `tag ${tag}`).join(', ')}${way}`;
  const fate = deletesUntagged ? 'goes unless it refers to a manifest that stays' : 'stays until it is deleted';
  return `needed by ${name}: no tag${way}; a manifest without a tag ${fate}`;
}

function conclusion({ content, chains, links }: Explanation, { graceMs, deletesUntagged, nowMs }: Policy): string {
  if (chains.some(({ tags }) => tags.length > 0 || !deletesUntagged)) return 'it stays';
  if (chains.length > 0) return 'it stays only as long as the manifests above';
  const times = [...links.map(({ modifiedAt }) => modifiedAt), ...(content ? [content.modifiedAt] : [])];
  if (times.length === 0) return 'there is nothing to remove';
  const leftMs = Math.max(...times.map((time) => time.getTime())) + graceMs - nowMs;
  if (leftMs <= 0) return 'no manifest needs it: the next collection removes it';
  return `no manifest needs it: it stays for at least ${durationOf(Math.ceil(leftMs / 60_000) * 60_000)}, because it is young`;
}
