import { errorKinds, TcpscopeError } from '../errors.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EISDIR: 'it is a folder',
};

/** Why a file cannot be read, in words. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}

/** `fileUnreadable` with the reason. */
export function unreadable(path: string, error: unknown): TcpscopeError {
  return new TcpscopeError(errorKinds.fileUnreadable, [path, reasonOf(error)], { cause: error });
}
