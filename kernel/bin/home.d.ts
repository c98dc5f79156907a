/** The types of home.js. */
export function homeOf(argv: readonly string[], environment: NodeJS.ProcessEnv): string;
export function cacheCompiledCode(home: string): void;
