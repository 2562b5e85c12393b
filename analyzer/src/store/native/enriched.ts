import type { Batch } from '../../flow/batch.js';
import type { Enrichment } from '../../enrich/index.js';
import { encodeString, type NativeWriter } from './writer.js';
import { rowsOf, type Slice } from './rows.js';

/** Indexes of the names that enrichment gives to rows. */
export interface Names {
  readonly application: Uint32Array;
  readonly clientZone: Uint32Array;
  readonly serverZone: Uint32Array;
}

type Enriched = Pick<Batch, 'clientIp' | 'serverIp' | 'serverPort'>;

/** Looks up both zones and the application of every row; `vlanOf` gives the outermost VLAN of a row of a batch. */
export function enrichRows<B extends Batch & Enriched>(
  slices: ReadonlyArray<Slice<B>>,
  { zones, applications }: Enrichment,
  vlanOf: (batch: B, row: number) => number
): Names {
  const rows = rowsOf(slices);
  const application = new Uint32Array(rows);
  const clientZone = new Uint32Array(rows);
  const serverZone = new Uint32Array(rows);
  let at = 0;
  for (const { batch, from, to } of slices) {
    for (let row = from; row < to; row++, at++) {
      const vlan = vlanOf(batch, row);
      const client = zones.lookup(batch.clientIp, 16 * row, vlan);
      const server = zones.lookup(batch.serverIp, 16 * row, vlan);
      clientZone[at] = client;
      serverZone[at] = server;
      application[at] = applications.lookup(batch.serverPort[row]!, client, server);
    }
  }
  return { application, clientZone, serverZone };
}

/** Names encoded once for each configuration, not once for each row. */
export class NameTables {
  readonly application: readonly Uint8Array[];
  readonly zone: readonly Uint8Array[];

  constructor({ zones, applications }: Enrichment) {
    this.application = applications.names.map(encodeString);
    this.zone = zones.names.map(encodeString);
  }
}

/** The same string in every row. */
export function constant(writer: NativeWriter, text: string, rows: number): void {
  writer.dictionary(new Uint8Array(rows), [encodeString(text)]);
}
