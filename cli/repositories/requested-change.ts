import type { WantedChange } from '../../core/admin/repository-changer.ts';

/** What is asked for. */
export interface RequestedChange {
  readonly kind: 'repository-delete' | 'repository-rename';
  readonly wanted: WantedChange;
  /** Whether immutable tags do not prevent it. */
  readonly force: boolean;
}

/** What is said when a change has been announced. */
export const ANNOUNCED = 'announced; it begins in 20 seconds, when no instance changes the repository any more';

/** What is printed when a change is done. */
export function doneLine(
  { action, name, target }: WantedChange,
  { tags, manifests }: { readonly tags: number; readonly manifests: number },
): string {
  const done = action === 'delete' ? `deleted ${name}` : `renamed ${name} to ${target}`;
  return `${done}: ${tags} tags, ${manifests} manifests\n`;
}
