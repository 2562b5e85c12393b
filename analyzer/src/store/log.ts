import type { BaseLogger } from 'pino';

/** Where this room tells what happens: a pino logger, or `silent`. */
export type Log = Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>;

const nothing = () => undefined;
export const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
