/** An object of this type represents an uncommitted upload; distribution uses the same type. */
export const MARKER_TYPE = 'application/x-docker-upload-session';

/** Whether an object only stores the state of an upload. The driver never shows it as a file. */
export function isMarker(object: { readonly contentType: string }): boolean {
  return object.contentType === MARKER_TYPE;
}

const HIDDEN_MARKER = '~upload.';

// No storage path contains `~`, which sorts after all of their characters.

/** The key for the state of an upload over committed content, where the upload has its state at its own key. */
export function besideKey(key: string): string {
  return `${key}/~upload`;
}

/** The key for the state of an upload that never has its state at its own key: hidden, in the same folder. */
export function hiddenKey(key: string): string {
  const name = key.lastIndexOf('/') + 1;
  return `${key.slice(0, name)}${HIDDEN_MARKER}${key.slice(name)}`;
}

/** Whether a key is one of {@link hiddenKey}. */
export function isHiddenMarker(key: string): boolean {
  return key.startsWith(HIDDEN_MARKER, key.lastIndexOf('/') + 1);
}

/** The key of the object that a writer's upload in parts becomes: hidden, in the folder of the file. */
export function sessionKey(key: string, id: string): string {
  return `${key.slice(0, key.lastIndexOf('/') + 1)}~${id}`;
}

/** A key after every key of a storage path that begins with `folderKey`, and before those that are hidden there. */
export function endOfFolder(folderKey: string): string {
  return `${folderKey}~`;
}

/** Whether a name in a folder is hidden. */
export function isHidden(name: string): boolean {
  return name.startsWith('~');
}
