/** The input of test/unit/docs for the generator of the contract's reference. */
export interface Undocumented {
  /** Has a comment. */
  readonly documented: string;
  readonly forgotten: string;
}
