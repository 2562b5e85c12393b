import { EngineFault } from '../engine/engine.js';

/**
 * What to do about a block that the engine did not take:
 * - `again`: it was not the block (no space, no memory, too much at once, restarting); try until it works.
 * - `crashed`: the engine died with the block in its hands, perhaps because of it.
 * - `reject`: the block itself; trying again would fail again.
 */
export type Verdict = 'again' | 'crashed' | 'reject';

/** Error codes of ClickHouse after which the same statement can succeed later. */
const passing = new Set([
  74, // CANNOT_READ_FROM_FILE_DESCRIPTOR
  75, // CANNOT_WRITE_TO_FILE_DESCRIPTOR, for one "No space left on device"
  76, // CANNOT_OPEN_FILE, for one too many open files
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
  173, // CANNOT_ALLOCATE_MEMORY
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  236, // ABORTED
  241, // MEMORY_LIMIT_EXCEEDED
  242, // TABLE_IS_READ_ONLY
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  394, // QUERY_WAS_CANCELLED
  425, // SYSTEM_ERROR
  439, // CANNOT_SCHEDULE_TASK
  481, // PATH_ACCESS_DENIED
  1001, // STD_EXCEPTION, for one filesystem errors
]);

export const noSpaceCode = 243;

export function judge(error: unknown): Verdict {
  if (!(error instanceof EngineFault)) {
    return 'again';
  }
  if (error.code === null) {
    return 'crashed';
  }
  return passing.has(error.code) || isNoSpace(error) ? 'again' : 'reject';
}

export function isNoSpace(error: unknown): boolean {
  return (
    error instanceof EngineFault &&
    (error.code === noSpaceCode || /no space left on device|not enough space/i.test(error.message))
  );
}
