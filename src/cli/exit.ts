/** How the program ends. */

export const exitCode = { allRead: 0, someUnread: 2, selfTestFailed: 3, notReproduced: 4, failed: 1, wrongUsage: 64, interrupted: 130 };

/** The command was not given as it wants to be. */
export class UsageError extends Error {}
