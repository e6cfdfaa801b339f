import { hostname } from 'node:os';
import type { ParameterizedContext } from 'koa';
import type { Restored } from '../../../core/admin/trash-administration.ts';
import { type Digest, isDigest } from '../../../core/digest/digest.ts';
import type { RegistryError } from '../../../core/model/errors.ts';
import { isTag, isUploadId, type RepositoryName, type Tag } from '../../../core/model/reference.ts';
import type { AuditAction, AuditRecord } from '../../../core/ports/audit-record.ts';
import type { Grant, RuledAction } from '../../../core/ports/index.ts';
import type { AuditEvent } from '../../config/index.ts';
import type { AuditFacts } from '../../http/audit-facts.ts';
import { clientAddress } from '../../http/client-address.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import type { RequestState } from '../../http/request-scope.ts';
import type { ServedRoute } from '../handled-route.ts';
import { actionOfRequest } from './action-of-request.ts';
import { claimedUser, hasCredentials } from './credentials-of-request.ts';

/** What the steps of its route know of a request. */
interface AuditedState extends RequestState {
  /** Empty if the route has none. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly name: RepositoryName | undefined;
  readonly grant?: Grant;
}

/** A request whose handler has ended, and whose response was sent or cut off. */
export interface EndedRequest {
  readonly ctx: ParameterizedContext<AuditedState>;
  readonly route: ServedRoute;
  readonly facts: AuditFacts;
  readonly certificate: string | undefined;
  /** Whether its handler did what was asked. */
  readonly isDone: boolean;
  readonly status: number;
}

/** Which records are wanted, and how clients are found behind proxies. */
export interface RecordOptions {
  readonly wants: (event: AuditEvent) => boolean;
  readonly settings: Pick<HttpSettings, 'trustedProxies'>;
}

/** The part of a record that differs between the records of one request. */
type Act = Pick<AuditRecord, 'action' | 'outcome'> & Partial<AuditRecord>;

const INSTANCE = hostname();

/** Errors that say that a client may not do something, rather than that it went wrong. */
const REFUSALS: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'DENIED', 'UNSUPPORTED', 'TAG_IMMUTABLE']);
/** The statuses with which a plugin's route refuses without throwing. */
const REFUSING_STATUSES: ReadonlySet<number> = new Set([401, 403]);

/**
 * The records of a request that are wanted: for everything that it has done, and for what it was refused or has failed to
 * do. Most requests cause one or none; a push of several tags causes one per tag.
 */
export function recordsOf(ended: EndedRequest, options: RecordOptions): readonly AuditRecord[] {
  return complete(ended, [...actsDone(ended), ...actNotDone(ended)], options);
}

/**
 * The record of a manifest, a tag or a blob that has come back from the trash, before the request has ended.
 * @param request as if it had ended now
 */
export function recordsOfRestored(
  request: EndedRequest,
  restored: Restored,
  options: RecordOptions,
): readonly AuditRecord[] {
  return complete(request, [restoredAct(request, restored)], options);
}

function complete(ended: EndedRequest, all: readonly Act[], { wants, settings }: RecordOptions): AuditRecord[] {
  const acts = all.filter((act) => wants(eventOf(ended, act)));
  if (acts.length === 0) return [];
  const { ctx, certificate, status } = ended;
  const { scope, name, grant } = ctx.state;
  const { headers } = ctx.req;
  const actor = ended.facts.told?.actor ?? scope.failure?.refusal?.actor ?? grant?.actor;
  const common = {
    at: new Date(),
    instance: INSTANCE,
    requestId: scope.requestId,
    status,
    user: actor?.name,
    groups: actor?.groups,
    address: clientAddress({ headers, peer: scope.peer }, settings.trustedProxies),
    certificate,
    repository: name,
  };
  return acts.map((act) => ({ ...common, rule: ruleOf(ended, act), ...act }));
}

/** A client without credentials is asked for some: nearly every push and pull begins with that. */
function eventOf({ ctx, facts }: EndedRequest, { action, outcome }: Act): AuditEvent {
  if (outcome !== 'refused') return action;
  const { failure } = ctx.state.scope;
  const isAsked = failure?.code === 'UNAUTHORIZED' && facts.told === undefined && !hasCredentials(ctx.req.headers);
  return isAsked ? 'challenge' : 'refused';
}

function actsDone(ended: EndedRequest): Act[] {
  const { ctx, route, facts, isDone } = ended;
  const { scope, parameters, grant } = ctx.state;
  const outcome = 'allowed';
  const moved = Array.from(facts.tags, ([tag, before]) => ({ tag, before }));
  const action = isDone ? actionOf(ended) : undefined;
  if (route.name === 'manifest' && ctx.method === 'PUT') {
    // Some tags may be set although the request has failed.
    const digest = scope.content?.digest as Digest | undefined;
    const pushes = moved.map(({ tag, before }): Act => ({ ...pushOf(before, digest), outcome, tag, digest }));
    return action === undefined || pushes.length > 0 ? pushes : [{ action, outcome, digest, tag: tagIn(parameters) }];
  }
  if (facts.hasRestored) return [];
  if (action === undefined) return [];
  // The steps of an upload change nothing that a client could pull.
  if (route.name.startsWith('blob-upload') && (action === 'push' || action === 'mount')) {
    return ctx.status === 201 ? [blobStored(ended)] : [];
  }
  // A registry without log-ins has none to record.
  if (action === 'login' && grant?.actor === undefined && facts.told === undefined) return [];
  const digest = (scope.content?.digest as Digest | undefined) ?? digestIn(parameters) ?? moved[0]?.before;
  const subject = { tag: tagIn(parameters), digest, upload: uploadIn(parameters) };
  const request = action === 'admin' ? { request: `${ctx.method} ${ctx.path}` } : {};
  return [{ action, outcome, ...subject, ...toldIn(ended), ...request }];
}

function pushOf(before: Digest | undefined, digest: Digest | undefined): Pick<Act, 'action' | 'replaced'> {
  const isMoved = before !== undefined && before !== digest;
  return isMoved ? { action: 'overwrite', replaced: before } : { action: 'push' };
}

function restoredAct({ ctx, facts }: EndedRequest, { digest, tag }: Restored): Act {
  const before = tag && facts.tags.get(tag);
  const replaced = before === digest ? {} : { replaced: before };
  const request = `${ctx.method} ${ctx.path}`;
  return { action: 'admin', outcome: 'allowed', tag, digest, ...replaced, ...facts.asked, request };
}

/** A blob that was uploaded, or mounted instead. */
function blobStored({ ctx, facts: { mount } }: EndedRequest): Act {
  const { content } = ctx.state.scope;
  if (mount !== undefined && content === undefined) {
    return { action: 'mount', outcome: 'allowed', digest: mount.digest, fromRepository: mount.from };
  }
  return { action: 'push', outcome: 'allowed', digest: content?.digest as Digest | undefined };
}

function actNotDone(ended: EndedRequest): Act[] {
  const { ctx, facts, isDone, status } = ended;
  const { scope, parameters } = ctx.state;
  const { failure } = scope;
  const request = `${ctx.method} ${ctx.path}`;
  const { mount } = facts;
  if (isDone) {
    if (mount?.refusal === undefined) return [];
    const { digest, from: fromRepository, refusal } = mount;
    const { rule } = refusal.refusal ?? {};
    return [{ action: 'mount', outcome: 'refused', digest, fromRepository, rule, ...whyIn(refusal), request }];
  }
  const isRefused = failure === undefined ? REFUSING_STATUSES.has(status) : REFUSALS.has(failure.code);
  const outcome = isRefused || facts.told?.outcome === 'refused' ? 'refused' : 'failed';
  if (failure?.code === 'UNAUTHORIZED' && failure.refusal === undefined && hasCredentials(ctx.req.headers)) {
    const user = facts.told?.actor?.name ?? claimedUser(ctx.req.headers);
    return [{ action: 'login', outcome, user, ...whyIn(failure), request }];
  }
  const action = failure?.code === 'TAG_IMMUTABLE' && ctx.method === 'PUT' ? 'overwrite' : actionOf(ended);
  if (action === undefined) return [];
  const subject = { tag: tagIn(parameters), digest: digestIn(parameters), upload: uploadIn(parameters) };
  return [{ action, outcome, ...subject, ...toldIn(ended), ...(failure && whyIn(failure)), request }];
}

function actionOf({ ctx, route, facts }: EndedRequest): AuditAction | undefined {
  const isMount = facts.mount !== undefined || (route.name === 'blob-upload' && wantsMount(ctx));
  return facts.told?.action ?? actionOfRequest(route, { method: ctx.method, isMount });
}

/** The query is missing where the request was refused before. */
function wantsMount({ state }: EndedRequest['ctx']): boolean {
  return (state as Partial<AuditedState>).query?.first('mount') !== undefined;
}

/** What the handler has told of it, or a route of a plugin. */
function toldIn({ facts: { asked, told } }: EndedRequest): Partial<AuditRecord> {
  if (told === undefined) return asked ?? {};
  const { action, repository, tokenId, reason } = told;
  return { action, tokenId, reason, ...(repository !== undefined && { repository }) };
}

/** Which rule decided, where the request got as far as that. */
function ruleOf({ ctx }: EndedRequest, { action, outcome }: Act): string | undefined {
  const { grant, name, scope } = ctx.state;
  const { failure } = scope;
  if (outcome !== 'allowed' && failure?.refusal !== undefined) return failure.refusal.rule;
  if (failure?.code === 'TAG_IMMUTABLE' && (name === undefined || scope.mayOverwrite?.(name) !== false)) {
    return IMMUTABLE;
  }
  const ruled = RULED[action];
  return ruled === undefined || failure?.code === 'UNAUTHORIZED' ? undefined : grant?.ruleOf?.(ruled, name);
}

/** What is recorded in place of a rule for a tag that nobody may move or delete. */
const IMMUTABLE = 'immutable tag';

const RULED: Readonly<Partial<Record<AuditAction, RuledAction>>> = {
  pull: 'pull',
  push: 'push',
  mount: 'push',
  cancel: 'push',
  overwrite: 'overwrite',
  delete: 'delete',
  list: 'list',
  admin: 'admin',
};

function whyIn({ code, cause, detail }: RegistryError): Pick<Act, 'error' | 'reason'> {
  // Why credentials or rights were not enough, the client must not learn.
  const isHidden = (code === 'UNAUTHORIZED' || code === 'DENIED') && cause instanceof Error;
  const told = isHidden ? cause.message : detail?.['reason'];
  return { error: code, reason: typeof told === 'string' ? told : undefined };
}

type Parameters = Readonly<Record<string, string>> | undefined;

function tagIn(parameters: Parameters): Tag | undefined {
  const text = parameters?.['reference'];
  return text !== undefined && isTag(text) ? text : undefined;
}

function digestIn(parameters: Parameters): Digest | undefined {
  const text = parameters?.['digest'] ?? parameters?.['reference'];
  return text !== undefined && isDigest(text) ? text : undefined;
}

function uploadIn(parameters: Parameters): string | undefined {
  const text = parameters?.['uuid'];
  return text !== undefined && isUploadId(text) ? text : undefined;
}
