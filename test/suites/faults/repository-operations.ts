import { RepositoryChanger, type WantedChange } from '../../../core/admin/repository-changer.ts';
import { digestOf } from '../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { OCI_IMAGE_MANIFEST } from '../../../core/model/media-types.ts';
import type { RepositoryName } from '../../../core/model/reference.ts';
import { openTrash } from '../../../server/composition/open-trash.ts';
import { descriptorOf, name, pushBlob, reference, tagged } from '../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore, composeCoreWithTrash } from '../../helpers/core/core-parts.ts';
import { changeNow, image, pushImage } from '../../helpers/core/repository-parts.ts';
import { fetchFrom, lostPushes, type Push } from '../../helpers/invariants/acknowledged.ts';
import type { Operation, Start } from './operations.ts';

const APP = name('faults/app');
const NEW = name('faults/new');
const DELETE = { action: 'delete', name: APP } as const;
const RENAME = { action: 'rename', name: APP, target: NEW } as const;
const KEEP_MS = 72 * 60 * 60 * 1000;

const [ONE, OTHER] = [image(Buffer.from('one')), image(Buffer.from('two'))];
const SIGNATURE = image(Buffer.from('signature'), {
  subject: { ...descriptorOf(ONE), mediaType: OCI_IMAGE_MANIFEST },
});

/** Three tags, one of which has moved; a referrer; a manifest under another digest. */
async function fill(core: CoreParts): Promise<void> {
  const { manifests } = core;
  await pushImage(core, APP, { tag: 'v1', layer: 'one' });
  await pushImage(core, APP, { tag: 'latest', layer: 'two' });
  await manifests.put(APP, tagged('latest'), { bytes: ONE, contentType: undefined });
  await pushBlob(core.layers, APP, Buffer.from('signature'));
  await manifests.put(APP, tagged('signature'), { bytes: SIGNATURE, contentType: undefined });
  await manifests.put(APP, reference(digestOf(ONE, 'sha512')), { bytes: ONE, contentType: undefined });
}

function pushesOf(repository: RepositoryName): readonly Push[] {
  const blobs = ['{}', 'one', 'two', 'signature'].map((text) => Buffer.from(text));
  const manifests = [
    ...[ONE, OTHER, SIGNATURE].map((bytes) => [digestOf(bytes), bytes] as const),
    [digestOf(ONE, 'sha512'), ONE],
    ['v1', ONE],
    ['latest', ONE],
    ['signature', SIGNATURE],
  ] as const;
  return [
    ...blobs.map((bytes) => ({ kind: 'blob', repository, reference: digestOf(bytes), bytes }) as const),
    ...manifests.map(([each, bytes]) => ({ kind: 'manifest', repository, reference: each, bytes }) as const),
  ];
}

/** A repository with everything that one can have. */
const FILLED: Start = {
  compose: (driver) => composeCore(driver),
  prepare: (core) => fill(core),
  pushes: pushesOf(APP),
};

const KEEPING = { ...FILLED, compose: (driver: StorageDriver) => composeCoreWithTrash(driver, { keepMs: KEEP_MS }) };

const DELETED: Start = {
  compose: KEEPING.compose,
  prepare: async (core) => {
    await fill(core);
    await changeNow(core, DELETE);
  },
  pushes: [],
};

function bringBack(core: CoreParts): Promise<unknown> {
  const { repositoryReturn } = openTrash(core.container, { keepMs: KEEP_MS });
  return repositoryReturn.bringBack(APP, { isForced: false, signal: new AbortController().signal });
}

/** Nothing is announced any more, and both names take pushes. */
async function assertFree(core: CoreParts): Promise<void> {
  const unfinished = await core.container.get(RepositoryChanger).unfinished();
  if (unfinished.length > 0) throw new Error(`${unfinished.length} changes have not ended`);
  for (const each of [APP, NEW]) await pushImage(core, each, { tag: 'next', layer: 'next' });
}

/** Whoever asks for a change again may hear that it is done, or that another process has been faster. */
function change(title: string, wanted: WantedChange): Operation {
  return {
    title,
    start: FILLED,
    run: (core) => changeNow(core, wanted),
    gives: [],
    takes: pushesOf(APP),
    doneAlready: ['NAME_UNKNOWN', 'STATE_CONFLICT'],
    check: assertFree,
  };
}

/** What operators do with whole repositories. */
export const REPOSITORY_OPERATIONS: readonly Operation[] = [
  change('a delete of a repository', DELETE),
  {
    ...change('a delete of a repository that can come back', DELETE),
    start: KEEPING,
    check: async (core) => {
      await bringBack(core);
      const lost = await lostPushes(pushesOf(APP), fetchFrom(core));
      if (lost.length > 0) throw new Error(`did not come back: ${lost.join('; ')}`);
      await assertFree(core);
    },
  },
  { ...change('a rename of a repository', RENAME), gives: pushesOf(NEW), moves: true },
  {
    title: 'an undelete of a repository',
    start: DELETED,
    run: bringBack,
    gives: pushesOf(APP),
    doneAlready: ['NAME_UNKNOWN'],
    check: assertFree,
  },
];
