/** The contract of `dev-environments`: the instance kind it adds. */
export const devKind = 'dev';
