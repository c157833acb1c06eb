/** An install or build that failed; `message` is one sentence and the cure. */
export class InstallError extends Error {}
