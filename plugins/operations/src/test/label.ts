/** Words for kinds of operations that only tests know. */
export const label = { doing: 'Testing', done: 'Tested', failed: 'Testing failed' } as const;
