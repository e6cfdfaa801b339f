/** The path below which clients get tokens, on the host that they have used. */
export const TOKEN_MOUNT = '/auth';
