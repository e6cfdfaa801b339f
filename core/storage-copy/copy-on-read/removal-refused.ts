/** Why nothing is removed from a storage that is being filled from another one, and what to do. */
export const REMOVAL_REFUSED =
  'storage.copyfrom is set, and what is removed would come back from the old storage; complete the move, remove the ' +
  'section, then try again';

/** Why nothing is removed while other instances still read the old storage, and what to do. */
export const REMOVAL_WAITS =
  'another instance still has storage.copyfrom, and may rely on content that is removed here; restart it without the ' +
  'section, or wait 15 minutes if it was killed, then try again';
