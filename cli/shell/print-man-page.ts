import type { Program } from '../command.ts';
import { manPage } from './man-page.ts';

/** `stowage man`: prints the manual. */
export interface ManRequest {
  readonly kind: 'man';
}

/** Prints the manual of this version. */
export async function run(_: ManRequest, { print, version, commands }: Program): Promise<void> {
  print(manPage(commands, await version()));
}
