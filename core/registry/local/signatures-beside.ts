/** The signatures of a schema 1 manifest, which are stored beside it. */
export interface SignaturesBeside {
  /** Adds them, durably. */
  readonly add: () => Promise<void>;
  /** Removes them with what is left of the manifest, which the repository does not have. */
  readonly remove: () => Promise<void>;
}

/**
 * Adds signatures once their manifest is stored, because a delete or a collection may have removed what was added before.
 * Those of a manifest that has been deleted since go: nobody else would remove them soon, and they keep a deleted repository.
 */
export async function addAgain({ add, remove }: SignaturesBeside, hasManifest: () => Promise<boolean>): Promise<void> {
  await add();
  if (await hasManifest()) return;
  try {
    await remove();
  } finally {
    // Another push may have relied on them, also on those that were removed before something failed.
    if (await hasManifest()) await add();
  }
}
