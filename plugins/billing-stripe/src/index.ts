/** The contract of `billing-stripe`: none beyond its routes. `source` of an account that pays through it. */
export const sourceId = 'stripe';
