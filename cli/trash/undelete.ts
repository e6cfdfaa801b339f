import type { Digest } from '../../core/digest/digest.ts';
import type { Reference, RepositoryName } from '../../core/model/reference.ts';
import type { ConfiguredCommand } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { withTrash } from './with-trash.ts';

/** `stowage undelete`: brings back what was deleted. */
export interface UndeleteRequest extends ConfiguredCommand {
  readonly kind: 'undelete';
  readonly what: { readonly name: RepositoryName; readonly reference: Reference } | { readonly digest: Digest };
  readonly isForced: boolean;
  readonly json: boolean;
}

/**
 * Prints what came back, a line for each.
 * @throws RegistryError when it is not in the trash, or a tag points elsewhere by now
 */
export async function run(request: UndeleteRequest, program: Program): Promise<void> {
  const { what, isForced, json } = request;
  await withTrash({ ...request, changes: true }, program, async ({ undeleter, announce }) => {
    if ('digest' in what) {
      const { digest, repositories } = await undeleter.undeleteContent(what.digest);
      const lines = [`content ${digest}`, ...repositories.map((name) => `blob of ${name}`)];
      program.print(json ? `${JSON.stringify({ blobs: [digest], repositories })}\n` : `${lines.join('\n')}\n`);
      return;
    }
    const back = await undeleter.undelete(what.name, what.reference, {
      isForced,
      announce: (name, details) => announce(name, details, undefined),
    });
    const lines = [
      ...back.blobs.map((digest) => `blob ${digest}`),
      ...back.manifests.map((digest) => `manifest ${digest}`),
      ...back.tags.map((tag) => `tag ${tag}`),
    ];
    program.print(json ? `${JSON.stringify({ repository: what.name, ...back })}\n` : `${lines.join('\n')}\n`);
  });
}
