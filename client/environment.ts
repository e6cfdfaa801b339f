/** Variables of the environment, as the process or a test gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;
