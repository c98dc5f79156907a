/** The contract of `billing-manual`: none beyond its routes. `source` of an account that it gave a plan. */
export const sourceId = 'manual';
