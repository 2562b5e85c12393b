/** Resolves at the first request to end (Ctrl-C, `kill`); a second one ends the process at once. */
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
  });
}
