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
    /** Null where the source of the truth does not count them. */
    readonly odd: number | null;
    readonly attempts: number | null;
    readonly handshakes: number;
  };
  readonly conversations: readonly ExpectedConversation[];
}

export interface ExpectedConversation {
  /** "ADDRESS PORT"; the client when `client_by` is not null. */
  readonly a: string;
  readonly b: string;
  readonly client_by: 'syn' | 'synack' | null;
  readonly ab: Side;
  readonly ba: Side;
  readonly close: string | null;
  readonly attempts: number | null;
  readonly connections: number;
  readonly handshakes: number;
}

export function readExpected(path: string): Expected {
  return JSON.parse(readFileSync(path, 'utf8')) as Expected;
}

/** The truth that the traffic generator wrote: totals as JSON, and a table of conversations. */
export function readTruth(totalsPath: string, conversationsPath: string): Expected {
  const { totals } = JSON.parse(readFileSync(totalsPath, 'utf8')) as Pick<Expected, 'totals'>;
  const [head, ...lines] = readFileSync(conversationsPath, 'utf8').trimEnd().split('\n');
  const names = (head as string).split('\t');
  const conversations = lines.map((line): ExpectedConversation => {
    const values = line.split('\t');
    const row = new Map(names.map((name, i) => [name, values[i] as string]));
    const number = (name: string) => Number(row.get(name));
    const side = (of: string): Side => ({
      pkts: number(`${of}_pkts`),
      payload_bytes: number(`${of}_payload_bytes`),
      syn: number(`${of}_syn`),
      synack: number(`${of}_synack`),
      fin: number(`${of}_fin`),
      rst: number(`${of}_rst`),
      retx: number(`${of}_retx`),
    });
    return {
      a: row.get('a') as string,
      b: row.get('b') as string,
      client_by: (row.get('client_by') || null) as ExpectedConversation['client_by'],
      ab: side('ab'),
      ba: side('ba'),
      close: row.get('close') || null,
      attempts: null,
      connections: number('connections'),
      handshakes: number('handshakes'),
    };
  });
  return { read_error: null, totals: { ...totals, odd: null, attempts: null }, conversations };
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
