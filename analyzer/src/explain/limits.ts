import { connectionFlags } from '../flow/index.js';
import type { ConnectionRow } from '../report/index.js';

/** What a capture does not show of a connection. */
export interface Shortcomings {
  readonly midstream: boolean;
  readonly guessed: boolean;
  readonly oneway: boolean;
}

/** @param began what to say of a connection whose start was not captured */
export function sentencesOf({ midstream, guessed, oneway }: Shortcomings, began: string): string[] {
  return [
    ...(midstream ? [began] : []),
    ...(guessed ? ['Who is client and who server is a guess.'] : []),
    ...(oneway ? ['Only one direction was captured.'] : []),
  ];
}

/** What limits all that is said of a connection, a sentence each. */
export function limitsOf({ batch, row }: Pick<ConnectionRow, 'batch' | 'row'>, byTime: boolean): string[] {
  const flags = batch.flags[row] as number;
  const shortcomings = {
    midstream: (flags & connectionFlags.midstream) !== 0,
    guessed: (flags & connectionFlags.roleCertain) === 0,
    oneway: (flags & connectionFlags.oneway) !== 0,
  };
  return [
    ...sentencesOf(shortcomings, 'It began before the capture: numbers are counted from its first packet here.'),
    ...(byTime ? ['Its packets were told from those of other connections on the same ports by their time alone.'] : []),
  ];
}
