/** What test/unit/docs shows to the generator of the contract's reference. */
export interface Undocumented {
  /** Has a comment. */
  readonly documented: string;
  readonly forgotten: string;
}
