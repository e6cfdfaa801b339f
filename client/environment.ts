/** Environment variables, from the process or a test. */
export type Environment = Readonly<Record<string, string | undefined>>;
