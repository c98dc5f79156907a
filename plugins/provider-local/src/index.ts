/** The contract of `provider-local`: none beyond being a provider. Its id is what `instances.provider` names. */
export const providerId = 'local';
