/** Removes the store of an earlier demo, unless a process is using it. */
export function forgetLastDemo(folder: string): void;
