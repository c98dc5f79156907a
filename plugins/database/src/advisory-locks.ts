/**
 * The numbers of all advisory locks of the platform: two locks of one number would wait for each other. A
 * number stays what it is, for a process of the next version runs beside one of this version for a while.
 */
export const advisoryLocks = {
  /** Alone: one process migrates. */
  migrations: 7_264_118,
  /** Alone: one process makes the vault's key. */
  vault: 7_264_119,
  /** With the number of a process: it works on operations. */
  operationWorkers: 7_264_120,
  /** With an owner: what counts against their limits. */
  admission: 7_264_121,
  /** With an instance: its schedules. */
  schedules: 7_264_122,
  /** With a hash: the record of an artifact. */
  artifactRecords: 7_264_123,
  /** With a provider: what is given of its machines. */
  capacity: 7_264_124,
  /** With a source: one import at a time. */
  imports: 7_264_125,
  /** With a number: who holds uploaded jars. */
  jarHoldings: 7_264_126,
  /** Alone: one process tidies the audit trail. */
  auditUpkeep: 7_264_127,
  /** Alone: the first administrator is made once. */
  setup: 7_264_128,
  /** With a customer of Stripe: looks at it, and changes to it. */
  stripeCustomer: 7_264_131,
  /** With a user: their customer at Stripe is made once. */
  stripeUser: 7_264_132,
} as const;
