import type { WantedPlatform } from '../../client/copy/selection.ts';
import { formatImageReference, parseImageReference } from '../../client/references/image-reference.ts';
import type { ConnectionRequest } from '../client/connection-request.ts';
import { openImage } from '../client/open-image.ts';
import { runClient } from '../client/run-client.ts';
import type { ExitCode, Program } from '../command.ts';
import { configBytes } from './config-bytes.ts';
import { summarize } from './image-summary.ts';
import { readImage } from './read-image.ts';
import { summaryText } from './summary-text.ts';

/** `stowage inspect`: shows an image at a glance. */
export interface InspectRequest {
  readonly kind: 'inspect';
  readonly image: string;
  readonly platform: WantedPlatform | undefined;
  /** Whether the bytes of its configuration are printed instead. */
  readonly config: boolean;
  readonly json: boolean;
  readonly connection: ConnectionRequest;
}

/** Prints what there is to know of an image. */
export async function run(request: InspectRequest, program: Program): Promise<ExitCode | void> {
  return await runClient(request, program, async ({ connections, signal }) => {
    const image = parseImageReference(request.image);
    await using open = await openImage(image, connections, { signal });
    const stored = await readImage(open, request.platform, { signal });
    if (request.config) {
      await program.write(await configBytes(open.store, stored, { signal }));
      return;
    }
    const summary = await summarize(open.store, stored, { signal });
    const name = formatImageReference(image);
    program.print(request.json ? `${JSON.stringify({ image: name, ...summary })}\n` : summaryText(name, summary));
  });
}
