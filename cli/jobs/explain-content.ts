import type { Digest } from '../../core/digest/digest.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { Chain, Explanation } from '../../core/registry/local/collection/explainer.ts';
import { untaggedAfterMs } from '../../core/retention/untagged-rule.ts';
import { UntaggedStore } from '../../core/storage/collection/untagged-store.ts';
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
  const { gc } = loaded.configuration.storage;
  const { untagged } = loaded.configuration.retention;
  const since = new Map<Chain, number | undefined>();
  const store = open.core.get(UntaggedStore);
  for (const chain of explanation.chains) {
    const [top] = chain.manifests;
    if (top !== undefined && chain.tags.length === 0) since.set(chain, (await store.read(chain.name)).get(top));
  }
  const afterMs = (name: RepositoryName) => untaggedAfterMs(untagged, name) ?? (gc.deletesUntagged ? 0 : undefined);
  const policy = { graceMs: gc.graceMs, afterMs, since, nowMs: Date.now() };
  print(`${describe(explanation, policy).join('\n')}\n`);
}

interface Policy {
  readonly graceMs: number;
  /** How long manifests without a tag stay in a repository, in milliseconds; `undefined`: for ever. */
  readonly afterMs: (name: RepositoryName) => number | undefined;
  /** Since when the first manifest of a chain has had no tag, as far as that is known. */
  readonly since: ReadonlyMap<Chain, number | undefined>;
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

function describeChain(chain: Chain, { afterMs: afterMsOf, since }: Policy): string {
  const { name, tags, manifests } = chain;
  const way = manifests.map((digest) => ` → ${digest}`).join('');
  if (tags.length > 0) return `needed by ${name}: ${tags.map((tag) => `tag ${tag}`).join(', ')}${way}`;
  const [afterMs, sinceMs] = [afterMsOf(name), since.get(chain)];
  const after = afterMs === undefined || afterMs === 0 ? '' : ` after ${durationOf(afterMs)}`;
  const known = afterMs && sinceMs !== undefined ? `, and this one has had none since ${timeOf(sinceMs)}` : '';
  const fate =
    afterMs === undefined
      ? 'stays until it is deleted'
      : `goes${after} unless it refers to a manifest that stays${known}`;
  return `needed by ${name}: no tag${way}; a manifest without a tag ${fate}`;
}

function conclusion({ content, chains, links }: Explanation, { graceMs, afterMs, nowMs }: Policy): string {
  if (chains.some(({ name, tags }) => tags.length > 0 || afterMs(name) === undefined)) return 'it stays';
  if (chains.length > 0) return 'it stays only as long as the manifests above';
  const times = [...links.map(({ modifiedAt }) => modifiedAt), ...(content ? [content.modifiedAt] : [])];
  if (times.length === 0) return 'there is nothing to remove';
  const leftMs = Math.max(...times.map((time) => time.getTime())) + graceMs - nowMs;
  if (leftMs <= 0) return 'no manifest needs it: the next collection removes it';
  return `no manifest needs it: it stays for at least ${durationOf(Math.ceil(leftMs / 60_000) * 60_000)}, because it is young`;
}
