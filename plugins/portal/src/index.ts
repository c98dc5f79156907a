/** The contract of `portal`. Pages, panels and widgets of other plugins will be its points. */

/** Below these paths the API answers; everywhere else the portal does. */
export const reservedPaths = ['api', 'health', 'metrics', 'assets'] as const;
