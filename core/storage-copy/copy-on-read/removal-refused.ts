/** Why nothing is removed from a storage that is being filled from another one, and what to do. */
export const REMOVAL_REFUSED =
  'storage.copyfrom is set, and what is removed would come back from the old storage; complete the move, remove the ' +
  'section, then try again';
