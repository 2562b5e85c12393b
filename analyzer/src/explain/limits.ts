import { connectionFlags } from '../flow/index.js';
import type { ConnectionRow } from '../report/index.js';

/** What limits all that is said of a connection, a sentence each. */
export function limitsOf({ batch, row }: Pick<ConnectionRow, 'batch' | 'row'>, byTime: boolean): string[] {
  const flags = batch.flags[row] as number;
  return [
    ...((flags & connectionFlags.midstream) !== 0
      ? ['It began before the capture: numbers are counted from its first packet here.']
      : []),
    ...((flags & connectionFlags.roleCertain) === 0 ? ['Who is client and who server is a guess.'] : []),
    ...((flags & connectionFlags.oneway) !== 0 ? ['Only one direction was captured.'] : []),
    ...(byTime ? ['Its packets were told from those of other connections on the same ports by their time alone.'] : []),
  ];
}
