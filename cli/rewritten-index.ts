/** How an index is copied that names what is copied, and nothing more. */
export const REWRITE = '--index rewrite, which changes its digest';
