import { readFileSync } from 'node:fs';

/** The oracle's files (captures/README.md says what each number means); only what is compared here. */
export interface Side {
  readonly pkts: number;
  readonly payload_bytes: number;
  readonly syn: number;
  readonly synack: number;
  readonly fin: number;
  readonly rst: number;
  readonly retx: number;
}

export interface Expected {
  readonly read_error: string | null;
  readonly totals: {
    readonly frames: number;
    readonly tcp: number;
    readonly syn: number;
    readonly synack: number;
    readonly fin: number;
    readonly rst: number;
    readonly retx: number;
    readonly payload_bytes: number;
    readonly odd: number;
    readonly attempts: number;
    readonly handshakes: number;
  };
  readonly conversations: readonly ExpectedConversation[];
  readonly connections: ReadonlyArray<{ readonly a: string; readonly b: string; readonly ct: number | null }>;
}

export interface ExpectedConversation {
  /** "ADDRESS PORT"; the client when `client_by` is not null. */
  readonly a: string;
  readonly b: string;
  readonly client_by: 'syn' | 'synack' | null;
  readonly ab: Side;
  readonly ba: Side;
  readonly close: string | null;
  readonly attempts: number;
  readonly connections: number;
  readonly handshakes: number;
}

export function readExpected(path: string): Expected {
  return JSON.parse(readFileSync(path, 'utf8')) as Expected;
}

/**
 * Our classes that stand for each of the oracle's. Where there are several, the oracle looks at counts alone and we look at
 * what happened: a FIN exchange that was complete before a RST is `fin`; `rst_only` is every RST without a handshake.
 */
export const closeClassesOf: Readonly<Record<string, readonly string[]>> = {
  fin_rst: ['finrst', 'fin'],
  refused: ['refused'],
  aborted_open: ['setupabort'],
  rst: ['rst'],
  rst_only: ['setupabort', 'rst', 'orphan'],
  fin_fin: ['fin'],
  half_close: ['halfclosed'],
  unanswered: ['noanswer'],
  half_open: ['halfopen'],
  open: ['open'],
  midstream: ['midstream'],
};
