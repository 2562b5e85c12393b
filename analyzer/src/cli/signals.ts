/**
 * Resolves at the first request to end: Ctrl-C, `kill`, or a terminal that goes away. A second one ends the process at once:
 * what is not yet in the store's folder is lost then.
 */
export function endRequested(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const end = (signal: NodeJS.Signals) => {
      if (asked) {
        process.exit(130);
      }
      asked = true;
      resolve(signal);
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
    process.on('SIGHUP', end);
  });
}
