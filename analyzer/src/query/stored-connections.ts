import { causes, type Cause } from '@tcpscope/filter';
import {
  endedOf,
  explainVerdict,
  readAround,
  readFacts,
  type Diagnosis,
  type Ended,
  type Explanation,
} from '../diagnose/index.js';
import { factWords } from '../flow/index.js';
import { addressReader } from './keys.js';
import { StoredFacts, type Selected } from './stored-facts.js';

const causeNames: ReadonlySet<unknown> = new Set(causes);

/** Null when the connection had not ended. */
function causeOf(stored: unknown): Cause | null {
  return causeNames.has(stored) ? (stored as Cause) : null;
}

/** A connection of the store, with its verdict and evidence, as the rooms before know it. */
export class StoredVerdict {
  private readonly stored: StoredFacts;

  /** @param values as the columns of `whole` have them, of one row or none */
  constructor(values: ReadonlyArray<readonly unknown[]>) {
    this.stored = new StoredFacts('whole', values);
  }

  /** Null when it had not ended. */
  diagnosis(): Diagnosis | null {
    const { columns } = this.stored;
    const cause = causeOf(columns.cause[0]);
    const rival = causeOf(columns['rival_cause']?.[0]);
    return cause === null
      ? null
      : {
          cause,
          confidence: Number(columns.confidence[0] ?? 0),
          rival: rival === null ? null : { cause: rival, confidence: Number(columns['rival_confidence']?.[0] ?? 0) },
        };
  }

  /** The verdict in words; null when there is none, or its facts are of another version. */
  explain(): Explanation | null {
    const { stored } = this;
    if (stored.columns.cause.length === 0 || !stored.read(0)) {
      return null;
    }
    const around = readAround(stored.words, factWords, String(stored.columns.poor_feed[0]) || null);
    return explainVerdict(this.diagnosis(), readFacts(stored.batch, 0), around);
  }
}

/** Connections of the store as findings see them, in the order of the rows. */
export function endedConnections(
  values: ReadonlyArray<readonly unknown[]>,
  rows: number,
  selected: Selected = 'ends'
): Ended[] {
  const stored = new StoredFacts(selected, values);
  const { columns, batch } = stored;
  const address = addressReader();
  return Array.from({ length: rows }, (_, row) => {
    const known = stored.read(row);
    const cause = causeOf(columns.cause[row]);
    const concluded = {
      client: address(columns.client_ip[row]),
      clientPort: columns.client_port[row] as number,
      server: address(columns.server_ip[row]),
      port: columns.server_port[row] as number,
      start: (batch.startSeconds[0] as number) + (batch.startNanos[0] as number) / 1e9,
      end: (batch.endSeconds[0] as number) + (batch.endNanos[0] as number) / 1e9,
      cause,
      confidence: cause === null ? 0 : ((columns.confidence[row] as number | null) ?? 0),
      quiet: columns.silence[row] as number | null,
      poorFeed: (columns.poor_feed[row] as string) || null,
      serverZone: columns.server_zone[row] as string,
    };
    return endedOf(readFacts(batch, 0), concluded, known);
  });
}
