/** What parent and engine process say to each other over the IPC channel (structured clones, so bytes stay bytes). */

/** A session of its own each: they run side by side, statements of one lane follow each other; queries have several. */
export type Lane = 'ingest' | 'admin' | 'query';

export type ToEngine =
  | {
      kind: 'open';
      /** Name of the binding's package. */
      module: string;
      folder: string;
      arguments: string[];
      /** Statements for every new session. */
      prelude: string[];
      ingestPrelude: string[];
      querySessions: number;
    }
  | { kind: 'run'; id: number; lane: Lane; sql: string; format: string }
  | { kind: 'memory'; id: number }
  | { kind: 'close' };

export type FromEngine =
  | { kind: 'opened'; version: string }
  | { kind: 'failed'; reason: 'missing' | 'unsupported' | 'failed'; message: string }
  | { kind: 'done'; id: number; bytes: Uint8Array }
  | { kind: 'fault'; id: number; message: string; code: number | null };
