/** The contract of `storage-local`: none beyond that of `storage`. */
export {};
