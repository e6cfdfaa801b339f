import { type Digest, parseDigest } from '../../core/digest/digest.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { isRepositoryName, type RepositoryName } from '../../core/model/reference.ts';
import type { LayerService } from '../../core/registry/layer-service.ts';
import { sendEmpty } from '../http/responses.ts';
import type { MountSources } from './mount-sources.ts';
import type { RouteContext } from './route-context.ts';

/** What mounts depend on. */
export interface MountServices {
  readonly layers: LayerService;
  readonly sources: MountSources;
}

/**
 * Answers a request that begins an upload with a mount, if it asks for one that is possible; otherwise the client gets an
 * ordinary upload (distribution-spec, end-11).
 * @returns whether it has answered
 */
export async function mount(
  { layers, sources }: MountServices,
  context: RouteContext<'blob-upload'>,
): Promise<boolean> {
  const { ctx, name, grant, urls, call } = context;
  const text = ctx.state.query.first('mount');
  if (text === undefined) return false;
  const digest = parseDigest(text);
  const { from, refusal } = await sourceOf(digest, sources, context);
  const { audit } = ctx.state.scope;
  if (audit !== undefined) audit.mount = { digest, from: from === '*' ? undefined : from, refusal };
  const blob = from === undefined || refusal !== undefined ? undefined : await layers.mount(name, digest, from, call);
  if (blob === undefined) return false;
  sources.note(name, digest, grant);
  ctx.set('Location', urls.blob(name, digest));
  ctx.set('Docker-Content-Digest', digest);
  sendEmpty(ctx, 201);
  return true;
}

/** Where a blob may be mounted from. */
interface Source {
  /** `*` for anywhere; absent if the client names no repository, or if none is found. */
  readonly from: RepositoryName | '*' | undefined;
  /** Why the client may not mount from there. */
  readonly refusal?: RegistryError | undefined;
}

async function sourceOf(
  digest: Digest,
  sources: MountSources,
  { ctx, name, grant, authorize, call }: RouteContext<'blob-upload'>,
): Promise<Source> {
  const from = ctx.state.query.first('from') ?? '*';
  if (from !== '*' && !isRepositoryName(from)) return { from: undefined };
  const refusal = await authorize([{ type: 'repository', name: from, action: 'pull' }]).then(
    () => undefined,
    (error: unknown) => {
      if (RegistryError.is(error, 'UNAUTHORIZED') || RegistryError.is(error, 'DENIED')) return error;
      throw error;
    },
  );
  if (refusal === undefined || from !== '*' || grant?.allows === undefined) return { from, refusal };
  return { from: await sources.find({ target: name, digest, grant, call }) };
}
