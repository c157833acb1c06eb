/** What is said at once when a start is ended before there is a host. */
export const stoppedWords = 'Stopped. What was built so far is kept; start again to go on.';

/**
 * Hears Ctrl-C and TERM where there is no host yet (src/index.ts hears them for a host). A second one ends the process at
 * once. Returns what ends the hearing.
 * @param {() => void} stop
 * @returns {() => void}
 */
export function hearStops(stop) {
  let asked = false;
  const onSignal = () => {
    if (asked) process.exit(130);
    asked = true;
    stop();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}
