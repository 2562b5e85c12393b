import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorKinds, TcpscopeError } from '../errors.js';

/** Exit statuses: 0 done, 1 done but something was damaged or lost, 2 wrong usage or nothing could be done. */
export const exitStatus = { ok: 0, damaged: 1, failed: 2 } as const;

/** Writes text piece by piece, no faster than it is read; a reader that goes away (a pager, `head`) ends it quietly. */
export async function writeOut(pieces: Iterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(gathered(pieces)), process.stdout, { end: false });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
      return;
    }
    // A system call failed: the disk is full. Anything else went wrong on the way to it.
    throw error instanceof Error && 'syscall' in error
      ? new TcpscopeError(errorKinds.output, [error.message], { cause: error })
      : error;
  }
}

/** Characters that are written at a time. */
const PORTION = 1 << 16;

/** Joins pieces, so that a line is not a system call. */
function* gathered(pieces: Iterable<string>): Generator<string> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length >= PORTION) {
      yield text;
      text = '';
    }
  }
  if (text !== '') {
    yield text;
  }
}

/** One line on stderr: what went wrong, and its stable code. */
export function complain(error: unknown): void {
  process.stderr.write(`${describe(error)}\n`);
}

function describe(error: unknown): string {
  if (error instanceof TcpscopeError) {
    // Further lines show where in the text of the user it is.
    const [what, ...where] = error.message.trimEnd().split('\n');
    return [`tcpscope: ${what} [${error.code}]`, ...where].join('\n');
  }
  return `tcpscope: ${error instanceof Error ? (error.stack ?? error.message) : String(error)} [TCPS_E_INTERNAL]`;
}
