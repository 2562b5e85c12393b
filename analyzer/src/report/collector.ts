import { evaluate, isOfTimes, type Expression, type FilterValue, type StoredField } from '@tcpscope/filter';
import {
  diagnoseInput,
  type DiagnosedBatch,
  type DiagnosedInput,
  type FeedLimits,
  type FeedWindow,
} from '../diagnose/index.js';
import type { Enrichment } from '../enrich/index.js';
import {
  vlanDepth,
  windowCounters,
  type Batch,
  type ConnectionBatch,
  type CounterColumn,
  type WindowBatch,
} from '../flow/index.js';
import { addressText } from './names.js';
import { addRowTimes, emptySums, timeOf, type Sums } from './sums.js';

/** Everything counted between one client and one server port, over the whole input. */
export interface Conversation extends EnrichedNames, Sums {
  /** The three parts of its name as bytes. */
  readonly key: string;
  readonly clientIp: string;
  readonly serverIp: string;
  readonly serverPort: number;
  /** Outermost VLAN, the lowest when packets came in several; 0 when untagged. */
  readonly vlan: number;
}

/** What is added up of a conversation until all is read. */
interface Sum extends Sums {
  readonly clientIp: Uint8Array;
  readonly serverIp: Uint8Array;
  readonly serverPort: number;
  vlan: number;
}

/** One connection: a place in a batch. */
export interface ConnectionRow {
  readonly batch: DiagnosedBatch;
  readonly row: number;
}

/** What the configuration calls the ends of a connection, and what it is for; empty where no rule fits. */
export interface EnrichedNames {
  readonly application: string;
  readonly clientZone: string;
  readonly serverZone: string;
}

export interface CollectorOptions {
  /** What the field `probe` says in filters; `report` when left out. */
  readonly probe?: string | undefined;
  /** When a minute of the capture is too poor for verdicts; the usual limits when left out. */
  readonly feed?: FeedLimits | undefined;
}

/**
 * Adds up what the flow room gives: conversations over the whole input, and every connection. In memory, so for files
 * that a person looks at; services write the same batches to the store.
 */
export class Collector {
  private readonly sums = new Map<string, Sum>();
  private readonly connectionBatches: ConnectionBatch[] = [];
  private diagnosed: DiagnosedInput | null = null;

  constructor(
    private readonly enrichment: Enrichment,
    private readonly options: CollectorOptions = {}
  ) {}

  add(batch: Batch): void {
    if (batch.kind === 'connections') {
      if (batch.rows > 0 || batch.feed !== undefined) {
        this.connectionBatches.push(batch);
        this.diagnosed = null;
      }
    } else {
      this.addWindow(batch);
    }
  }

  /** Conversations that match, in the order of their names. Null matches all. */
  conversations(filter: Expression | null): Conversation[] {
    const found: Conversation[] = [];
    for (const sum of this.sums.values()) {
      const conversation = this.describe(sum);
      if (evaluate(filter, (field) => this.valueOf(conversation, field))) {
        found.push(conversation);
      }
    }
    return found.sort(byName);
  }

  /** Connections of the given conversations in the order of their first packets; of all when `of` is null. */
  connections(of: readonly Conversation[] | null): ConnectionRow[] {
    const wanted = of === null ? null : new Set(of.map((conversation) => conversation.key));
    const found: ConnectionRow[] = [];
    for (const batch of this.conclude().batches) {
      for (let row = 0; row < batch.rows; row++) {
        if (wanted === null || wanted.has(keyOf(batch, row))) {
          found.push({ batch, row });
        }
      }
    }
    return found.sort(byStart);
  }

  /** How good the capture was, window by window. */
  feed(): readonly FeedWindow[] {
    return this.conclude().feed;
  }

  private conclude(): DiagnosedInput {
    return (this.diagnosed ??= diagnoseInput(this.connectionBatches, this.options.feed));
  }

  /**
   * Some rows at a time and of these column by column: each column is an array of one kind, which the engine adds up
   * without asking, and what it is added to stays near the processor.
   */
  private addWindow(batch: WindowBatch): void {
    for (let from = 0; from < batch.rows; from += TOGETHER) {
      const rows = Math.min(TOGETHER, batch.rows - from);
      const all = Array.from({ length: rows }, (_, i) => this.sumOf(batch, from + i));
      const sums = all.map(({ counters }) => counters);
      batch.counters.forEach((column, counter) =>
        addColumn(sums, counter, column, from, windowCounters[counter]?.aggregate === 'max')
      );
      all.forEach((sum, i) => addRowTimes(sum, batch.times, from + i));
    }
  }

  private sumOf(batch: WindowBatch, row: number): Sum {
    const key = keyOf(batch, row);
    const vlan = batch.vlan[row] as number;
    let sum = this.sums.get(key);
    if (sum === undefined) {
      sum = {
        clientIp: batch.clientIp.slice(row * 16, row * 16 + 16),
        serverIp: batch.serverIp.slice(row * 16, row * 16 + 16),
        serverPort: batch.serverPort[row] as number,
        vlan,
        ...emptySums(),
      };
      this.sums.set(key, sum);
    }
    sum.vlan = Math.min(sum.vlan, vlan);
    return sum;
  }

  private describe(sum: Sum): Conversation {
    return {
      key: keyOfParts(sum.clientIp, sum.serverIp, 0, sum.serverPort),
      clientIp: addressText(sum.clientIp, 0),
      serverIp: addressText(sum.serverIp, 0),
      serverPort: sum.serverPort,
      vlan: sum.vlan,
      ...this.enrich(sum.clientIp, sum.serverIp, 0, sum.serverPort, sum.vlan),
      counters: sum.counters,
      times: sum.times,
    };
  }

  /** As the store names its row: by the outermost VLAN of the connection's first packet. */
  namesOf({ batch, row }: ConnectionRow): EnrichedNames {
    const { clientIp, serverIp, serverPort, vlans } = batch;
    return this.enrich(clientIp, serverIp, row * 16, serverPort[row] as number, vlans[row * vlanDepth] as number);
  }

  private enrich(client: Uint8Array, server: Uint8Array, at: number, port: number, vlan: number): EnrichedNames {
    const { zones, applications } = this.enrichment;
    const clientZone = zones.lookup(client, at, vlan);
    const serverZone = zones.lookup(server, at, vlan);
    return {
      application: applications.names[applications.lookup(port, clientZone, serverZone)] as string,
      clientZone: zones.names[clientZone] as string,
      serverZone: zones.names[serverZone] as string,
    };
  }

  private valueOf(conversation: Conversation, field: StoredField): FilterValue {
    switch (field.name) {
      case 'client.ip':
        return conversation.clientIp;
      case 'server.ip':
        return conversation.serverIp;
      case 'server.port':
        return conversation.serverPort;
      case 'vlan':
        return conversation.vlan;
      case 'application':
        return conversation.application;
      case 'client.zone':
        return conversation.clientZone;
      case 'server.zone':
        return conversation.serverZone;
      case 'probe':
        return this.options.probe ?? 'report';
    }
    if (field.kind === 'distinct') {
      return 1; // a conversation has one client, one server and one port
    }
    if (isOfTimes(field)) {
      return timeOf(conversation, field);
    }
    const value = conversation.counters[counterPlace.get(field.name) ?? -1] ?? null;
    return Number.isNaN(value) ? null : value;
  }
}

/** Rows of a window that are added up together. */
const TOGETHER = 64;

function addColumn(sums: readonly Float64Array[], counter: number, column: CounterColumn, from: number, max: boolean) {
  for (let i = 0; i < sums.length; i++) {
    const sum = sums[i] as Float64Array;
    const value = column[from + i] as number;
    if (!max) {
      sum[counter] = (sum[counter] as number) + value;
    } else if (value > (sum[counter] as number)) {
      sum[counter] = value;
    }
  }
}

const counterPlace = new Map(windowCounters.map((counter, i) => [counter.name, i]));

/** Name of the conversation that a row belongs to: `Conversation.key`. */
export function keyOf(batch: WindowBatch | ConnectionBatch, row: number): string {
  return keyOfParts(batch.clientIp, batch.serverIp, row * 16, batch.serverPort[row] as number);
}

function keyOfParts(clientIp: Uint8Array, serverIp: Uint8Array, at: number, port: number): string {
  const client = Buffer.from(clientIp.buffer, clientIp.byteOffset + at, 16).toString('latin1');
  const server = Buffer.from(serverIp.buffer, serverIp.byteOffset + at, 16).toString('latin1');
  return `${client}${server}${port}`;
}

function byName(a: Conversation, b: Conversation): number {
  return compare(a.clientIp, b.clientIp) || compare(a.serverIp, b.serverIp) || a.serverPort - b.serverPort;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byStart(a: ConnectionRow, b: ConnectionRow): number {
  return (
    (a.batch.startSeconds[a.row] as number) - (b.batch.startSeconds[b.row] as number) ||
    (a.batch.startNanos[a.row] as number) - (b.batch.startNanos[b.row] as number) ||
    compare(tupleOf(a), tupleOf(b)) ||
    (a.batch.endSeconds[a.row] as number) - (b.batch.endSeconds[b.row] as number) ||
    (a.batch.endNanos[a.row] as number) - (b.batch.endNanos[b.row] as number)
  );
}

function tupleOf({ batch, row }: ConnectionRow): string {
  return `${keyOf(batch, row)} ${batch.clientPort[row]}`;
}
